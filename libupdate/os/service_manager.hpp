// Service mode on this system: systemd on Linux (os/systemd), the service control manager on Windows
// (os/scm). CMake chooses who defines it. A Linux build without D-Bus answers `unsupported` to everything.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <update/settings.hpp>

#include "os/event_loop.hpp"
#include "ports/files.hpp"
#include "ports/neighbours.hpp"
#include "ports/processes.hpp"
#include "ports/services.hpp"

namespace update::service_manager {

/// What `service.manager` must be here, where it is not "none".
Manager native();

/// `exit` is absent where the manager does not know it any more.
using OnExit = std::function<void(const std::string& program, const std::optional<ExitStatus>& exit)>;

/// The programs as services. One thread, the event loop's; `loop` and `files` outlive it. Nothing is asked of
/// the manager before the first call, so it can be made where the manager is not there yet.
///
/// The end of a process that `status` or `start` has seen is told once, by OnExit and by the next `status`,
/// also when the manager has started a new process meanwhile: nobody's restart hides a crash from whoever
/// counts. `start` then takes that process for its own. `start` forgets systemd's count of starts: whoever
/// calls it keeps a budget of his own. `stop` waits while the event loop runs; a service that outlives the
/// program's stop_timeout is killed.
Result<std::unique_ptr<Supervision>> make_services(EventLoop& loop, const Settings&, Files& files, OnExit);

/// `break_away` of a service. systemd: a transient unit with a cgroup of its own, which no stop of our unit
/// reaches; where systemd denies that, in a cgroup beside ours; one that stayed in our cgroup is killed, and
/// `refused`. SCM: it ends the service's process alone, so what `plain` starts outlives it; out of a job that
/// lets nobody leave it the Task Scheduler leads.
Result<std::unique_ptr<Processes>> make_processes(std::unique_ptr<Processes> plain,
                                                  const std::string& product);

/// Would the manager start the installed service of the agent again after exit code 1?
/// See check_restart (service/unit_rules.hpp) and check_recovery (service/scm_rules.hpp).
Result<std::vector<Finding>> check_agent(const Settings&);
/// See Services::prepare_exchange. `repair` takes it back. systemd calls the guard before each start.
/// @return `refused` when the manager does not keep it
Status prepare_exchange(const Settings&);
/// The others, the watchdog's and each companion's: does it begin with the machine, and again after a
/// failure?
struct ServiceCheck {
    std::string service;
    Result<std::vector<Finding>> findings;
};
std::vector<ServiceCheck> check_others(const Settings&);

/// Disabled or masked: nobody may start it by himself once it has ended.
Result<bool> is_agent_held(const Settings&);
/// See Services::was_asked_to_start. The SCM does not tell.
Result<bool> is_agent_start_asked_for(const Settings&);

/// May this process change services at all? @return `permission` with what to do instead
Status may_change();
/// The services of a product, and how the manager has them, for people. Pure.
std::vector<std::string> names(const Settings&);
std::string print(const Settings&);
/// The administrator's own command, which service mode has no other for.
enum class Wish : std::uint8_t { run, stand_still };
std::string command_for(Wish, const Settings&, const ProgramSettings&);

/// Writes, enables and starts what `print` shows. Waits until it runs, each at most `trial.ready_timeout`
/// (Windows: until its process has come to the SCM).
/// @return `retry_later` when all of it is installed, and one did not come up
enum class Start : std::uint8_t { no, yes };
Status install(const Settings&, Files&, Start);
/// Stops, disables and removes the services that we made; others stay.
Status remove(const Settings&, Files&);
/// Makes the installed services do what an update needs, and reads them back. Those that we made are made
/// again, a foreign service of the agent gets what it lacks. What an administrator stopped, disabled or
/// masked stays so.
/// @return what was changed, one line each
Result<std::vector<std::string>> repair(const Settings&, Files&);
/// As repair, for the watchdog alone; and starts it unless an administrator stopped it (incident I3).
Result<std::vector<std::string>> ensure_watchdog(const Settings&, Files&);
/// Other services of the machine, and processes of any name. One thread; nothing is asked before the first
/// call.
std::unique_ptr<Neighbours> make_neighbours();

/// After a renewal that failed.
Status restart_watchdog(const Settings&);

/// Who calls `--update-rescue`: systemd when an administrator's limit made it give the agent up, so that one
/// without an update stays as it is; the SCM instead of a restart, so that it is started in any case.
enum class Rescue : std::uint8_t { after_giving_up, instead_of_restart };
Rescue rescue();

}  // namespace update::service_manager
