// Service mode on systemd: everything of this folder that others use. Built without D-Bus, all of it answers
// `unsupported`.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <update/settings.hpp>

#include "os/event_loop.hpp"
#include "ports/files.hpp"
#include "ports/neighbours.hpp"
#include "ports/processes.hpp"
#include "ports/services.hpp"
#include "service/unit_text.hpp"

namespace update::systemd {

/// `exit` is absent where systemd does not know it any more.
using OnExit = std::function<void(const std::string& program, const std::optional<ExitStatus>& exit)>;

/// The programs as units. One thread, the event loop's; `loop` and `files` outlive it. Nothing is asked of
/// systemd before the first call, so it can be made where systemd is not there yet.
///
/// The end of a process that `status` or `start` has seen is told once, by OnExit and by the next `status`,
/// also when systemd has started a new process meanwhile: nobody's restart hides a crash from whoever counts.
/// `start` then takes that process for its own. `start` forgets systemd's count of starts: whoever calls it
/// keeps a budget of his own. `stop` waits while the event loop runs; a unit that outlives the program's
/// stop_timeout is killed.
Result<std::unique_ptr<Supervision>> make_services(EventLoop& loop, const Settings&, Files& files, OnExit);

/// `break_away` starts the program as a transient unit with a cgroup of its own, which no stop of our unit
/// reaches; where systemd denies that, in a cgroup beside ours. One that stayed in our cgroup is killed, and
/// `refused`.
Result<std::unique_ptr<Processes>> make_processes(std::unique_ptr<Processes> plain,
                                                  const std::string& product);

/// See check_restart (service/unit_rules.hpp), for the installed unit of the agent.
Result<std::vector<Finding>> check_agent_unit(const Settings&);

/// Disabled or masked: nobody may start it by himself once it has ended.
Result<bool> is_agent_held(const Settings&);

/// Writes, enables and starts what unit_files says.
enum class Start : std::uint8_t { no, yes };
Status install(const Settings&, Files&, Start);
/// Stops, disables and removes the units that we wrote; others stay.
Status remove(const Settings&, Files&);
/// Makes the installed units do what an update needs. Units that we wrote are written again, a foreign unit
/// of the agent gets a drop-in. What an administrator disabled or masked stays so.
/// @return what was changed, one line each
Result<std::vector<std::string>> repair(const Settings&, Files&);
/// As repair, for the watchdog alone; and starts it unless an administrator stopped it (incident I3).
Result<std::vector<std::string>> ensure_watchdog(const Settings&, Files&);
/// Other units, and processes of any name. One thread; nothing is asked of systemd before the first call.
std::unique_ptr<Neighbours> make_neighbours();

/// After a renewal that failed.
Status restart_watchdog(const Settings&);

}  // namespace update::systemd
