// The stories that are told over and over with other faults.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <update/plan.hpp>
#include <update/selection.hpp>
#include <update/settings.hpp>

#include "sim/repository.hpp"

namespace update::sim {

/// Whose rules hold for files in use and for restarts.
enum class Platform : std::uint8_t { linux_rules, windows_rules };
std::string_view name(Platform);

/// What a version does when it runs.
enum class Conduct : std::uint8_t {
    good,
    crashes,         ///< ends with 3 after a second
    crashes_late,    ///< after it was ready, before the server acknowledged it
    exits_clean,     ///< ends with 0 after a second
    hangs,           ///< never becomes ready, and does not stop when it is asked to
    wrong_version,   ///< says that it is another one
    never_connects,  ///< does not reach the server
    unloadable,      ///< dies in the loader: not a line of it runs
    fails_self_test,
    slow,  ///< ready after half of the time that it has
};
std::string_view name(Conduct);

/// Who brings a dead agent back while no update is going on.
enum class Keeper : std::uint8_t {
    watchdog,         ///< our watchdog, which a service manager starts again
    service_manager,  ///< the agent is a service of its own
    both,  ///< agent and watchdog are services; the watchdog has the manager start and stop the agent
    nobody,
};

/// Which programs of the old version are of the release before this one, with the journal that it writes.
enum class Former : std::uint8_t {
    none,
    agent,          ///< the agent, and what it starts from its own image: helper and guard
    every_program,  ///< and the watchdog
};

/// Does the service manager start it at boot, and again when it ended?
constexpr bool is_service_of_its_own(Keeper keeper) {
    return keeper == Keeper::service_manager || keeper == Keeper::both;
}

inline constexpr std::chrono::minutes start_limit_interval{10};

struct Scenario {
    std::string name;
    Settings settings;
    Plan plan;                                     ///< what the signed release says
    std::shared_ptr<const Repository> repository;  ///< with it, and with a newer one
    Keeper keeper = Keeper::watchdog;
    Conduct conduct = Conduct::good;
    Conduct watchdog_conduct = Conduct::good;   ///< of the new watchdog, where the set holds one
    Conduct companion_conduct = Conduct::good;  ///< of the second program, where there is one
    bool guard = false;         ///< the service manager runs a guard before each start of the agent
    unsigned start_limit = 0;   ///< starts within `start_limit_interval`, then the service manager gives up
    bool old_server = false;    ///< one that confirms no update
    bool old_watchdog = false;  ///< one that lives but does not know how to update
    Former former = Former::none;
    bool outage = false;       ///< the server has been away since before the update, and comes back late
    bool brief = false;        ///< cheap enough for every pair of crashes
    bool by_operator = false;  ///< updatectl applies it
    Ending expected = Ending::committed;  ///< without any fault

    Selection selection() const { return {plan.update_id, plan.product, "", plan.version}; }
    /// Is it a version that deserves to be committed?
    bool is_good() const {
        return (conduct == Conduct::good || conduct == Conduct::slow) && watchdog_conduct == Conduct::good &&
               companion_conduct == Conduct::good;
    }
    /// Does the agent know of libupdate? One that does not has no session to a control server either.
    bool aware() const { return settings.trial.probe.kind == Readiness::reported; }
};

inline const std::string old_version = "1.0.0", new_version = "2.0.0", newer_version = "3.0.0";
inline const std::string way_back_id = "back-1";  ///< of a roll-back that an operator asked for

/// The built-in stories.
std::vector<Scenario> scenarios(Platform);
/// Those of these settings: with each misconduct that they look for.
std::vector<Scenario> scenarios(const Settings&);
/// Why these settings cannot keep the promise, whatever the runs find; empty when they can.
std::vector<std::string> shortcomings(Platform, const Settings&);
/// What of these settings is not played.
std::vector<std::string> set_aside(const Settings&);

/// What stands in the file that is installed there, at this version.
const std::string& image_of(const std::string& install_path, const std::string& version);
/// A plan for another version of the same files.
Plan plan_to(const Plan&, std::string update_id, std::string version);

}  // namespace update::sim
