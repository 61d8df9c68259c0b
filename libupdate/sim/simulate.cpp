#include <algorithm>
#include <ctime>
#include <fmt/format.h>

#include <update/simulate.hpp>

#include "sim/explore.hpp"

namespace update {
namespace {

using namespace sim;

constexpr FaultKind single_faults[] = {
    FaultKind::crash,    FaultKind::crash_agent, FaultKind::crash_watchdog, FaultKind::power_off,
    FaultKind::io_error, FaultKind::disk_full,   FaultKind::denied,         FaultKind::delay,
    FaultKind::ack_lost, FaultKind::network_cut, FaultKind::server_restored};

/// The journal cannot be written for half a minute, and who puts the old set back dies in the middle: what is
/// on the disk is further than what the journal knows. Each store is tried at four points, so that every
/// third will do.
const Faults way_back_untold{{0, FaultKind::disk_full, 3}, {0, FaultKind::crash_between, 0}};
constexpr unsigned way_back_stride = 3;

Platform platform_of(const SimulationOptions& options) {
    return options.platform == SimulatedPlatform::linux_rules ? Platform::linux_rules
                                                              : Platform::windows_rules;
}

Result<std::vector<Scenario>> chosen(const SimulationOptions& options) {
    const Platform platform = platform_of(options);
    auto all = options.settings ? scenarios(*options.settings) : scenarios(platform);
    if (all.empty()) return Error{ErrorCode::refused, "no route is configured"};
    if (options.scenario.empty()) return all;
    std::string names;
    for (const Scenario& s : all) names += " " + s.name;
    std::erase_if(all, [&](const Scenario& s) { return s.name != options.scenario; });
    if (all.empty())
        return Error{ErrorCode::not_found,
                     fmt::format("no scenario {}; there are:{}", options.scenario, names)};
    return all;
}

/// The built-in stories have none.
std::vector<std::string> shortcomings_of(const SimulationOptions& options) {
    if (!options.settings) return {};
    return shortcomings(platform_of(options), *options.settings);
}

DarkTimes dark_times(const Tally::Dark& dark) {
    DarkTimes times;
    times.worst_ms = dark.worst_ms;
    for (const auto& [ms, count] : dark.runs_by_ms) times.runs += count;
    std::uint64_t seen = 0;
    for (const auto& [ms, count] : dark.runs_by_ms) {
        if (seen * 100 < times.runs * 99) times.p99_ms = std::min(ms, times.worst_ms);
        seen += count;
    }
    return times;
}

BrokenPromise described(Explorer& explorer, const Broken& b) {
    const Faults fewest = explorer.shrunk(b);
    Run again = explorer.run(*b.scenario, b.seed, fewest, true);
    const Violation& v = again.violation ? *again.violation : b.violation;
    return {std::string{name(v.promise)}, v.what, b.scenario->name, b.seed, text(fewest),
            std::move(again.trail),       {}};
}

SimulationReport reported(const Explorer& explorer, Platform platform) {
    SimulationReport report;
    const Tally& t = explorer.tally;
    report.runs = t.runs;
    report.crash_points = t.crash_points;
    report.power_offs = t.faults[static_cast<std::size_t>(FaultKind::power_off)] +
                        t.faults[static_cast<std::size_t>(FaultKind::dead_clock)];
    for (std::size_t k = 0; k < fault_count; ++k)
        if (is_played(platform, static_cast<FaultKind>(k)))
            report.faults_by_kind[std::string{name(static_cast<FaultKind>(k))}] = t.faults[k];
    for (const Row& r : rows())
        report.states_reached[std::string{r.name}] = t.states[static_cast<std::size_t>(r.state)];
    report.marks = {t.marks.begin(), t.marks.end()};
    report.outcomes = {t.outcomes.begin(), t.outcomes.end()};
    for (const auto& [route, dark] : t.dark) {
        report.dark_by_route[route] = dark_times(dark);
        report.worst_dark_time_ms = std::max(report.worst_dark_time_ms, report.dark_by_route[route].worst_ms);
    }
    return report;
}

}  // namespace

Result<SimulationReport> simulate(const SimulationOptions& options) {
    UPDATE_TRY(all, chosen(options), "simulate");
    const std::clock_t began = std::clock();
    Explorer explorer{platform_of(options), options.seed, options.violations_max};
    if (options.every_point) {
        for (const Scenario& scenario : all)
            for (const FaultKind kind : single_faults)
                explorer.every_point(scenario, {{0, kind, kind == FaultKind::delay ? 2U : 1U}},
                                     options.stride);
        for (const Scenario& scenario : all)
            if (scenario.brief) {
                if (scenario.expected == Ending::rolled_back)
                    explorer.every_point(scenario, way_back_untold, way_back_stride);
                explorer.every_pair(scenario, FaultKind::crash, FaultKind::crash, 3 * options.stride);
                explorer.every_pair(scenario, FaultKind::crash, FaultKind::power_off, 5 * options.stride);
                explorer.every_pair(scenario, FaultKind::power_off, FaultKind::power_off, 7 * options.stride);
            }
    }
    if (options.every_point)
        for (const Scenario& scenario : all)
            if (scenario.settings.policy.keep_previous > 0)
                for (const FaultKind kind : {FaultKind::crash, FaultKind::power_off})
                    explorer.every_pair(scenario, FaultKind::roll_back_asked, kind, 3 * options.stride);
    explorer.random(all, options.runs, [] { return true; });
    SimulationReport report = reported(explorer, platform_of(options));
    for (const Broken& b : explorer.broken) report.violations.push_back(described(explorer, b));
    report.seed = options.seed;
    report.platform = options.platform;
    if (options.settings) {
        report.config = options.settings->file.string();
        report.set_aside = set_aside(*options.settings);
    }
    report.cannot_keep = shortcomings_of(options);
    report.seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    return report;
}

Result<BrokenPromise> replay(const SimulationOptions& options, const std::optional<std::string>& faults) {
    UPDATE_TRY(all, chosen(options), "replay");
    Faults thrown;
    Explorer explorer{platform_of(options), options.seed, 1};
    const Scenario& scenario = explorer.pick(all, options.seed, thrown);
    if (faults) {
        const auto given = parse_faults(*faults);
        if (!given) return Error{ErrorCode::refused, "faults are written as \"crash@17:0 power-off@31:0\""};
        thrown = *given;
    }
    Run again = explorer.run(scenario, options.seed, thrown, true);
    BrokenPromise told{"", "", scenario.name, options.seed, text(thrown), std::move(again.trail), {}};
    told.cannot_keep = shortcomings_of(options);
    if (again.violation) {
        told.promise = name(again.violation->promise);
        told.what = again.violation->what;
    }
    return told;
}

}  // namespace update
