#include <array>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "sim/hashing.hpp"
#include "sim/stories.hpp"

namespace update::sim {
namespace {

constexpr std::array<std::string_view, conduct_count> conducts{
    "good",          "crashes",        "crashes-late", "exits-clean",     "hangs",
    "wrong-version", "never-connects", "unloadable",   "fails-self-test", "slow"};

void offer(Plan& plan, Role role, const std::string& path) {
    Artifact a{role, path, 0, {}, {}, role == Role::agent, ""};
    const std::string bytes = image_of(path, plan.version);
    a.size_bytes = bytes.size();
    FastHash hash;
    hash.update(std::as_bytes(std::span{bytes}));
    a.sha256 = hash.finish();
    plan.artifacts.push_back(std::move(a));
}

}  // namespace

Plan plan_for(const Settings& settings, bool with_watchdog, bool with_file) {
    Plan plan{"u-1", settings.product, old_version, new_version, {}};
    for (const ProgramSettings& program : settings.programs)
        offer(plan, &program == &settings.programs.front() ? Role::agent : Role::companion, program.path);
    if (with_file) offer(plan, Role::file, "share/data");
    if (with_watchdog) offer(plan, Role::watchdog, settings.watchdog_path);
    return plan;
}

Ending expected(Conduct conduct) {
    switch (conduct) {
        case Conduct::good:
        case Conduct::slow:
            return Ending::committed;
        case Conduct::fails_self_test:
            return Ending::abandoned;
        default:
            return Ending::rolled_back;
    }
}

Scenario story(const Settings& settings, Route route, Conduct conduct, std::string name) {
    Scenario s;
    s.name = std::move(name);
    s.settings = settings;
    s.settings.routes = {route};
    s.conduct = conduct;
    s.keeper = route == Route::exit_code ? Keeper::service_manager : Keeper::watchdog;
    s.settings.restarted_on_failure = s.keeper == Keeper::service_manager;
    s.guard = route == Route::exit_code && conduct == Conduct::unloadable;
    s.plan = plan_for(settings, false, conduct != Conduct::slow);
    s.expected = expected(conduct);
    return s;
}

std::string named(Route route, Conduct conduct) {
    return fmt::format("{}-{}", update::name(route), name(conduct));
}

/// What the publisher signed, on two mirrors.
void publish(std::vector<Scenario>& all) {
    for (Scenario& s : all) {
        s.repository = std::make_shared<const Repository>(
            std::vector<Plan>{s.plan, plan_to(s.plan, "", newer_version)},
            s.settings.policy.channel.empty() ? "stable" : s.settings.policy.channel);
        s.settings.trust.root = "/trust/root.json";
        s.settings.trust.repositories.clear();
        for (const std::string mirror : {"https://a.example", "https://b.example"})
            s.settings.trust.repositories.push_back({mirror + "/metadata", mirror + "/targets"});
    }
}

std::string_view name(Platform platform) { return platform == Platform::linux_rules ? "linux" : "windows"; }
std::string_view name(Conduct conduct) { return conducts[static_cast<std::size_t>(conduct)]; }

const std::string& image_of(const std::string& install_path, const std::string& version) {
    thread_local std::map<std::pair<std::string, std::string>, std::string, std::less<>> made;
    std::string& bytes = made[{install_path, version}];
    if (bytes.empty()) {
        bytes = fmt::format("#!/sim\n{} {}\n", install_path, version);
        bytes.resize(700, '.');  // more than a sector, so that a torn write shows
        bytes += version;
    }
    return bytes;
}

Plan plan_to(const Plan& like, std::string update_id, std::string version) {
    Plan plan{std::move(update_id), like.product, like.from_version, std::move(version), {}};
    for (const Artifact& a : like.artifacts) offer(plan, a.role, a.install_path);
    return plan;
}

}  // namespace update::sim
