// The stories of the caller's own settings, and what these settings cannot do.
#include <algorithm>

#include "sim/stories.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

bool is_aware(const Settings& s) { return s.trial.probe.kind == Readiness::reported; }

Keeper keeper_of(const Settings& s) {
    if (!s.watchdog_path.empty() || std::ranges::count(s.routes, Route::watchdog) > 0)
        return s.service.manager == Manager::none ? Keeper::watchdog : Keeper::both;
    return s.restarted_on_failure ? Keeper::service_manager : Keeper::nobody;
}

/// The one that `updatectl service install` gives to the agent's service (service/unit_text).
bool has_guard(const Settings& s) {
    return s.service.manager != Manager::none && is_aware(s) && is_service_of_its_own(keeper_of(s));
}

/// As steps/routes finds it while nothing is wrong.
bool is_open(Route route, bool aware, Keeper keeper) {
    switch (route) {
        case Route::watchdog:
            return keeper == Keeper::watchdog || keeper == Keeper::both;
        case Route::self_update:
            return true;
        case Route::exit_code:
            return aware && keeper != Keeper::nobody;
        case Route::none:
            break;
    }
    return false;
}

/// Does a trial under these settings see it? What it does not look for is no promise: a version that never
/// reaches the server is committed where being ready is enough.
bool is_looked_for(const Settings& s, Conduct conduct) {
    constexpr auto misconduct_after = 1s;
    const Readiness probe = s.trial.probe.kind;
    const bool by_age = probe == Readiness::process_age;
    switch (conduct) {
        case Conduct::crashes_late:
        case Conduct::never_connects:
            return s.trial.commit_on == CommitOn::acknowledged && is_aware(s);
        case Conduct::wrong_version:
            return is_aware(s);
        case Conduct::hangs:
            return !by_age;
        case Conduct::crashes:
        case Conduct::exits_clean:
            return !by_age || s.trial.probe.age > misconduct_after;
        default:
            return true;
    }
}

Ending expected_of(const Scenario& s) {
    const auto taken = std::ranges::find_if(s.settings.routes,
                                            [&](Route route) { return is_open(route, s.aware(), s.keeper); });
    if (taken == s.settings.routes.end()) return Ending::abandoned;
    if (s.expected != Ending::committed) return s.expected;
    const bool never_acknowledged = !s.aware() && s.settings.trial.commit_on == CommitOn::acknowledged;
    return never_acknowledged ? Ending::rolled_back : Ending::committed;
}

/// What is taken at all, and when, is no matter of what fails: what is refused or put off touches nothing.
Settings played(Settings s) {
    s.policy.hold = false;
    s.policy.pin.clear();
    s.policy.minimum_version.clear();
    s.policy.windows.clear();
    s.policy.window_jitter = 0ms;
    // More looks make a run longer, and nothing else.
    s.trial.probe.interval = std::max(s.trial.probe.interval, s.trial.ready_timeout / 100);
    return s;
}

Scenario configured(const Settings& settings, Conduct conduct, std::string name) {
    Scenario s = story(settings, settings.routes.front(), conduct, std::move(name));
    s.settings = settings;
    s.plan = plan_for(settings, !settings.watchdog_path.empty(), conduct != Conduct::slow);
    s.keeper = keeper_of(settings);
    s.guard = has_guard(settings);
    s.by_operator = !s.aware();
    s.expected = expected_of(s);
    return s;
}

}  // namespace

std::vector<Scenario> scenarios(const Settings& given) {
    const Settings settings = played(given);
    if (settings.routes.empty()) return {};
    const Route first = settings.routes.front();
    std::vector<Scenario> all;
    for (std::size_t n = 0; n < conduct_count; ++n)
        if (const auto conduct = static_cast<Conduct>(n); is_looked_for(settings, conduct))
            all.push_back(configured(settings, conduct, named(first, conduct)));
    // Of the set's other programs, by who looks at them: the watchdog.
    const bool is_watched = first == Route::watchdog;
    if (is_watched && settings.programs.size() > 1) {
        all.push_back(configured(settings, Conduct::good, "companion-crashes"));
        all.back().companion_conduct = Conduct::crashes;
    }
    if (is_watched && !settings.watchdog_path.empty()) {
        all.push_back(configured(settings, Conduct::good, "watchdog-in-set-crashes"));
        all.back().watchdog_conduct = Conduct::crashes;
    }
    for (Scenario& s : all)
        if (s.companion_conduct != Conduct::good || s.watchdog_conduct != Conduct::good)
            s.expected = Ending::rolled_back;
    publish(all);
    return all;
}

std::vector<std::string> shortcomings(Platform platform, const Settings& s) {
    std::vector<std::string> all;
    if (keeper_of(s) == Keeper::nobody)
        all.emplace_back(
            "nobody starts the agent again when it ends: no watchdog is configured, and restarted_on_failure "
            "is false");
    if (keeper_of(s) == Keeper::service_manager && !has_guard(s))
        all.emplace_back(
            "a version of which not a line can run is started again without end: nobody else counts its "
            "starts; configure the watchdog, or the service that `updatectl service install` writes");
    if (std::ranges::none_of(s.routes,
                             [&](Route route) { return is_open(route, is_aware(s), keeper_of(s)); }))
        all.emplace_back("every update is refused: no configured route is open to this agent");
    if (!is_aware(s) && s.trial.commit_on == CommitOn::acknowledged)
        all.emplace_back(
            "every update is rolled back: trial.commit_on is \"acknowledged\", which a program that does not "
            "report through libupdate never is");
    const bool scm_alone = platform == Platform::windows_rules && keeper_of(s) == Keeper::service_manager;
    if (scm_alone)
        all.emplace_back(
            "under the SCM nobody takes the place of a helper or a guard that is killed between the end of "
            "the "
            "agent and its start, until the machine is started again; configure the watchdog");
    if (scm_alone && !is_aware(s))
        all.emplace_back(
            "the SCM starts no program again that ended with 0, unless it reports through libupdate; "
            "configure the watchdog");
    return all;
}

std::vector<std::string> set_aside(const Settings& s) {
    std::vector<std::string> all;
    if (s.policy.hold) all.emplace_back("policy.hold");
    if (!s.policy.pin.empty()) all.emplace_back("policy.pin");
    if (!s.policy.minimum_version.empty()) all.emplace_back("policy.minimum_version");
    if (!s.policy.windows.empty()) all.emplace_back("policy.windows");
    return all;
}

}  // namespace update::sim
