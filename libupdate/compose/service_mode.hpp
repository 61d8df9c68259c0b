// Who runs the programs: the one place that tells supervised mode from service mode.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "compose/adapters.hpp"
#include "os/children.hpp"
#include "os/service_manager.hpp"
#include "ports/neighbours.hpp"

namespace update {

/// Children of the watchdog, or units of the service manager, as configured.
/// @param on_exit  see ChildServices
Result<std::unique_ptr<Supervision>> make_supervision(EventLoop&, Adapters&, Supervisor,
                                                      ChildServices::OnExit on_exit);

/// What else runs on this machine: units of the service manager, where there is one, and processes.
std::unique_ptr<Neighbours> make_neighbours();

/// In the agent: would somebody start it again after exit code 1, and count the starts? As installed, not as
/// configured.
/// @return nothing in supervised mode
std::optional<Result<std::vector<Finding>>> check_installed_service(const Settings&);

/// The services of the watchdog and of companions, as installed, for the doctor. Nothing in supervised mode.
std::vector<service_manager::ServiceCheck> check_other_services(const Settings&);

/// In the agent, which runs: did an administrator disable it, so that nobody may start it again? false in
/// supervised mode.
Result<bool> is_service_held(const Settings&);
/// See Services::was_asked_to_start. For the agent and its guard; without a service manager nobody can tell.
Result<bool> is_service_start_asked_for(const Settings&);

/// See Services::prepare_exchange. In supervised mode the watchdog completes it.
Status prepare_service_for_exchange(const Settings&);

/// In the guardian of a renewal that failed. @return nothing in supervised mode
std::optional<Status> restart_watchdog_service(const Settings&);

/// In the agent, between updates: the guard is the version that runs, and the units do what an update needs;
/// the watchdog's is installed and started where it is missing. Nothing in supervised mode.
/// @return what could not be done; try again later
Status keep_service(Adapters&, const std::function<void(std::string_view)>& log);

}  // namespace update
