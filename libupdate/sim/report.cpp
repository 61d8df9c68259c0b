#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <update/simulate.hpp>

namespace update {
namespace {

std::string table(const std::string& title, const std::map<std::string, std::uint64_t>& counts) {
    std::string text = title + "\n";
    for (const auto& [name, count] : counts)
        text += fmt::format("  {:<22} {:>12}{}\n", name, count, count == 0 ? "  never" : "");
    return text;
}

}  // namespace

std::string to_json(const SimulationReport& r) {
    using nlohmann::json;
    json violations = json::array();
    for (const BrokenPromise& b : r.violations)
        violations.push_back({{"promise", b.promise},
                              {"what", b.what},
                              {"scenario", b.scenario},
                              {"seed", b.seed},
                              {"faults", b.faults}});
    json dark = json::object();
    for (const auto& [route, times] : r.dark_by_route)
        dark[route] = {{"worst_ms", times.worst_ms}, {"p99_ms", times.p99_ms}, {"runs", times.runs}};
    const json all{{"runs", r.runs},
                   {"crash_points", r.crash_points},
                   {"power_offs", r.power_offs},
                   {"faults_by_kind", r.faults_by_kind},
                   {"states_reached", r.states_reached},
                   {"marks", r.marks},
                   {"outcomes", r.outcomes},
                   {"violations", violations},
                   {"dark_time_by_route", dark},
                   {"worst_dark_time_ms", r.worst_dark_time_ms},
                   {"seed", r.seed},
                   {"seconds", r.seconds},
                   {"cannot_keep", r.cannot_keep},
                   {"set_aside", r.set_aside}};
    return all.dump();
}

std::string to_json(const BrokenPromise& told) {
    const nlohmann::json all{{"promise", told.promise},        {"what", told.what},
                             {"scenario", told.scenario},      {"seed", told.seed},
                             {"faults", told.faults},          {"trail", told.trail},
                             {"cannot_keep", told.cannot_keep}};
    return all.dump();
}

std::string to_text(const SimulationReport& r) {
    std::string text =
        fmt::format("{} runs in {:.1f} s ({:.0f} a minute), {} crash points, {} power-offs, seed {}\n",
                    r.runs, r.seconds, r.seconds > 0 ? static_cast<double>(r.runs) * 60 / r.seconds : 0.0,
                    r.crash_points, r.power_offs, r.seed);
    text += table("faults", r.faults_by_kind) + table("states", r.states_reached) +
            table("endings and their reasons", r.marks) + table("outcomes", r.outcomes) +
            "longest time without an agent that is ready\n";
    for (const auto& [route, times] : r.dark_by_route)
        text += fmt::format("  {:<22} worst {:>9} ms  p99 {:>9} ms\n", route, times.worst_ms, times.p99_ms);
    for (const BrokenPromise& b : r.violations) {
        text += fmt::format(
            "\nBROKEN {}: {}\n  updatectl simulate{}{} --scenario {} --seed {} --faults \"{}\"\n", b.promise,
            b.what, r.platform == SimulatedPlatform::windows_rules ? " --platform windows" : "",
            r.config.empty() ? "" : fmt::format(" --config \"{}\"", r.config), b.scenario, b.seed, b.faults);
        const std::size_t from = b.trail.size() > 60 ? b.trail.size() - 60 : 0;
        for (std::size_t n = from; n < b.trail.size(); ++n) text += "    " + b.trail[n] + "\n";
    }
    for (const std::string& key : r.set_aside)
        text += key + " is not played: what it refuses or puts off touches nothing\n";
    for (const std::string& why : r.cannot_keep)
        text += "these settings cannot keep the promise: " + why + "\n";
    text += fmt::format("{} promises broken\n", r.violations.size());
    return text;
}

}  // namespace update
