// The stories that are told without any settings of the caller's.
#include <algorithm>
#include <fmt/format.h>

#include "sim/stories.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

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

void add_conducts(std::vector<Scenario>& all, const Settings& settings, Route route) {
    for (std::size_t n = 0; n < conduct_count; ++n)
        all.push_back(story(settings, route, static_cast<Conduct>(n), named(route, static_cast<Conduct>(n))));
}

}  // namespace

std::vector<Scenario> scenarios(Platform platform) {
    const Settings base = base_settings();
    std::vector<Scenario> all;
    for (const Route route : {Route::watchdog, Route::self_update, Route::exit_code})
        add_conducts(all, base, route);
    // Whoever installs a service of the SCM installs its guard with it, which this route relies on there.
    if (platform == Platform::windows_rules)
        for (Scenario& s : all) s.guard |= s.settings.routes.front() == Route::exit_code;
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
    // A route that the agent's own image works on, and one that the watchdog works on: with whom comes after.
    const auto add_former = [&](Former former, Route route, Conduct conduct, const std::string& what) {
        Scenario& story = add(route, conduct, fmt::format("{}-{}", what, named(route, conduct)));
        story.former = former;
        story.guard = route == Route::exit_code;
    };
    for (const Conduct conduct : {Conduct::good, Conduct::crashes}) {
        add_former(Former::every_program, Route::watchdog, conduct, "former");
        for (const Route route : {Route::watchdog, Route::self_update, Route::exit_code})
            add_former(Former::agent, route, conduct, "former-agent");
    }
    const auto add_services = [&](Route route, Conduct conduct, const std::string& what) -> Scenario& {
        Scenario& services = add(route, conduct, fmt::format("{}-{}", what, named(route, conduct)));
        services.keeper = Keeper::both;
        services.guard = true;
        services.settings.restarted_on_failure = true;
        return services;
    };
    for (const Conduct conduct :
         {Conduct::good, Conduct::crashes, Conduct::exits_clean, Conduct::hangs, Conduct::unloadable})
        add_services(Route::watchdog, conduct, "services");
    for (const Conduct conduct : {Conduct::good, Conduct::crashes})
        add_services(Route::self_update, conduct, "services");
    if (platform == Platform::linux_rules)
        for (const Conduct conduct : {Conduct::good, Conduct::unloadable}) {
            Scenario& limited = add_services(Route::watchdog, conduct, "start-limit");
            // As many as the preflight insists on (service/unit_rules).
            limited.start_limit = limited.settings.trial.starts_max + 2;
        }
    for (const Conduct conduct : {Conduct::good, Conduct::hangs}) {
        Scenario& manual = add(Route::self_update, conduct, fmt::format("updatectl-{}", name(conduct)));
        manual.by_operator = true;
    }
    publish(all);
    return all;
}

}  // namespace update::sim
