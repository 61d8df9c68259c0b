#include "sim/scenario.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "sim/hashing.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 10> conducts{
    "good",          "crashes",        "crashes-late", "exits-clean",     "hangs",
    "wrong-version", "never-connects", "unloadable",   "fails-self-test", "slow"};

Settings base_settings() {
    Settings s;
    s.install_root = "/i";
    s.state_dir = "/s";
    s.programs.front().path = "bin/agent";
    s.policy.attempts_per_version = 100;
    s.transfer.attempts = 40;
    s.supervision.backoff_max = 60'000ms;
    // A tenth of the usual: what depends on them does so in proportion.
    s.trial.ready_timeout = 20'000ms;
    s.trial.ack_timeout = 60'000ms;
    // As usual: half of it has to be longer than the SCM takes to start a watchdog again.
    s.trial.renew_timeout = 30'000ms;
    return s;
}

void offer(Plan& plan, Role role, const std::string& path) {
    Artifact a{role, path, 0, {}, {}, role == Role::agent, ""};
    const std::string bytes = image_of(path, plan.version);
    a.size_bytes = bytes.size();
    FastHash hash;
    hash.update(std::as_bytes(std::span{bytes}));
    a.sha256 = hash.finish();
    plan.artifacts.push_back(std::move(a));
}

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
        s.repository =
            std::make_shared<const Repository>(std::vector<Plan>{s.plan, plan_to(s.plan, "", newer_version)});
        s.settings.trust.root = "/trust/root.json";
        s.settings.trust.repositories.clear();
        for (const std::string mirror : {"https://a.example", "https://b.example"})
            s.settings.trust.repositories.push_back({mirror + "/metadata", mirror + "/targets"});
    }
}

void add_conducts(std::vector<Scenario>& all, const Settings& settings, Route route) {
    for (std::size_t n = 0; n < conducts.size(); ++n)
        all.push_back(story(settings, route, static_cast<Conduct>(n), named(route, static_cast<Conduct>(n))));
}

}  // namespace

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

std::vector<Scenario> scenarios(Platform platform) {
    const Settings base = base_settings();
    std::vector<Scenario> all;
    for (const Route route : {Route::watchdog, Route::self_update, Route::exit_code})
        add_conducts(all, base, route);
    // Under Windows rules a running image cannot be replaced, so this route leads back to the old version.
    if (platform == Platform::windows_rules)
        for (Scenario& s : all)
            if (s.settings.routes.front() == Route::exit_code && s.expected == Ending::committed)
                s.expected = Ending::rolled_back;
    // The SCM starts no service again that ended with 0: docs/fault-model.md.
    if (platform == Platform::windows_rules)
        std::erase_if(all, [](const Scenario& s) { return s.name == "exit-code-exits-clean"; });
    for (Scenario& s : all) s.brief = s.conduct == Conduct::good || s.conduct == Conduct::crashes;

    const auto add = [&](Route route, Conduct conduct, const std::string& what) -> Scenario& {
        all.push_back(story(base, route, conduct, what));
        return all.back();
    };
    add(Route::watchdog, Conduct::good, "old-server").old_server = true;
    add(Route::watchdog, Conduct::good, "outage-from-before").outage = true;
    add(Route::watchdog, Conduct::good, "commit-on-ready").settings.trial.commit_on = CommitOn::ready;
    add(Route::watchdog, Conduct::wrong_version, "commit-on-ready-wrong-version").settings.trial.commit_on =
        CommitOn::ready;
    add(Route::watchdog, Conduct::good, "keep-previous").settings.policy.keep_previous = 1;
    Scenario& unaware = add(Route::watchdog, Conduct::good, "unaware-agent");
    unaware.settings.trial.probe.kind = Readiness::process_age;
    unaware.settings.trial.commit_on = CommitOn::ready;
    unaware.by_operator = true;
    Scenario& all_routes = add(Route::watchdog, Conduct::good, "old-watchdog");
    all_routes.settings.routes = {Route::watchdog, Route::self_update};
    if (platform == Platform::linux_rules) all_routes.settings.routes.push_back(Route::exit_code);
    all_routes.old_watchdog = true;
    for (const Conduct conduct : {Conduct::good, Conduct::crashes, Conduct::hangs}) {
        Scenario& set = add(Route::watchdog, Conduct::good, fmt::format("watchdog-in-set-{}", name(conduct)));
        set.settings.watchdog_path = "bin/watchdog";
        set.plan = plan_for(set.settings, true, false);
        set.watchdog_conduct = conduct;
        set.expected = expected(conduct);
    }
    for (const Conduct conduct : {Conduct::good, Conduct::crashes}) {
        Scenario& guarded = add(Route::exit_code, conduct, fmt::format("guarded-{}", name(conduct)));
        guarded.guard = true;
        if (platform == Platform::windows_rules) guarded.expected = Ending::rolled_back;
    }
    for (const Conduct conduct : {Conduct::good, Conduct::crashes}) {
        Scenario& pair = add(Route::watchdog, Conduct::good, fmt::format("companion-{}", name(conduct)));
        pair.settings.programs.push_back(pair.settings.programs.front());
        pair.settings.programs.back().name = "tray";
        pair.settings.programs.back().path = "bin/tray";
        pair.plan = plan_for(pair.settings, false, true);
        pair.companion_conduct = conduct;
        pair.expected = expected(conduct);
    }
    for (const Conduct conduct : {Conduct::good, Conduct::hangs}) {
        Scenario& manual = add(Route::self_update, conduct, fmt::format("updatectl-{}", name(conduct)));
        manual.by_operator = true;
    }
    publish(all);
    return all;
}

std::vector<Scenario> scenarios(Platform platform, const Settings& settings) {
    std::vector<Scenario> all;
    for (const Route route : settings.routes) add_conducts(all, settings, route);
    for (Scenario& s : all) {
        s.settings = settings;
        s.settings.routes = settings.routes;
        const bool watched =
            !settings.watchdog_path.empty() || std::ranges::count(settings.routes, Route::watchdog) > 0;
        s.keeper = watched                         ? Keeper::watchdog
                   : settings.restarted_on_failure ? Keeper::service_manager
                                                   : Keeper::nobody;
        if (platform == Platform::windows_rules && s.keeper != Keeper::watchdog &&
            s.expected == Ending::committed)
            s.expected = Ending::rolled_back;
    }
    publish(all);
    return all;
}

}  // namespace update::sim
