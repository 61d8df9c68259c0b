#include "compose/own_services.hpp"

#include <fmt/format.h>

#include "compose/adapters.hpp"
#include "compose/service_mode.hpp"
#include "durable/durable.hpp"
#include "os/run_record.hpp"

namespace update {

Result<ServiceStatus> OwnServices::status(const std::string&) {
    UPDATE_TRY(held, is_service_held(settings_), "own service");
    return ServiceStatus{
        .running = true, .process = processes_.self(), .last_exit = {}, .held_by_administrator = held};
}

Status OwnServices::start(const std::string& program) {
    return Error{ErrorCode::refused, fmt::format("{} cannot start itself", program)};
}

Status OwnServices::stop(const std::string& program) {
    return Error{ErrorCode::refused, fmt::format("{} cannot stop itself", program)};
}

Result<bool> OwnServices::was_asked_to_start(const std::string&) {
    return is_service_start_asked_for(settings_);
}

Status OwnServices::prepare_exchange(const std::string&) { return prepare_service_for_exchange(settings_); }

Result<std::vector<Finding>> OwnServices::check_restart_path(const std::string& program) {
    if (program != settings_.programs.front().name) return check_companion(program);
    if (auto installed = check_installed_service(settings_)) return std::move(*installed);
    if (settings_.restarted_on_failure)
        return std::vector<Finding>{{true, "a supervisor restarts on failure (configured)", ""}};
    const auto lock = locks_.try_lock(layout_.watchdog_lock());
    if (!lock && lock.error().code() == ErrorCode::retry_later)
        return std::vector<Finding>{{true, fmt::format("the watchdog supervises {}", program), ""}};
    if (!lock) return Error{lock.error()};
    return std::vector<Finding>{
        {false, fmt::format("nobody would start {} again after exit 1: no watchdog runs", program),
         "start the watchdog, or set restarted_on_failure where another supervisor does it"}};
}

/// Only a watchdog whose children agent and companions are exchanges them together. A service manager, or
/// another supervisor, starts the agent alone, and the companion goes on as what it was.
Result<std::vector<Finding>> OwnServices::check_companion(const std::string& program) {
    const std::string new_agent_alone = fmt::format("{} would go on as its old version beside the new {}",
                                                    program, settings_.programs.front().name);
    const std::string cure = "have the watchdog run, or add self-update to routes";
    if (settings_.service.manager != Manager::none || settings_.restarted_on_failure)
        return std::vector<Finding>{{false, new_agent_alone, cure}};
    const auto lock = locks_.try_lock(layout_.watchdog_lock());
    if (!lock && lock.error().code() == ErrorCode::retry_later)
        return std::vector<Finding>{{true, fmt::format("the watchdog supervises {}", program), ""}};
    if (!lock) return Error{lock.error()};
    return std::vector<Finding>{{false, new_agent_alone, cure}};
}

Status announce_self(Adapters& adapters) {
    const Layout& layout = adapters.layout();
    for (const Path& folder : {layout.state_dir(), layout.run(), layout.updates(), layout.outcomes()})
        UPDATE_CHECK(adapters.files().make_private_directory(folder), "state directory");
    const std::string& program = adapters.settings().programs.front().name;
    const Path file = layout.pid_file(program);
    const ProcessId self = adapters.processes().self();
    UPDATE_TRY(known, read_run_record(file), "run record");
    if (known && known->boot_id == adapters.clock().boot_id() && adapters.processes().alive(known->process))
        return done();
    return write_durably(
        adapters.files(), file,
        fmt::format("{} {} {} {}\n", self.pid, self.start_ticks, adapters.clock().boot_id(), program));
}

}  // namespace update
