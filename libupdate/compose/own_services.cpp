#include "compose/own_services.hpp"

#include <fmt/format.h>

#include "compose/adapters.hpp"
#include "compose/service_mode.hpp"
#include "durable/durable.hpp"
#include "os/run_record.hpp"

namespace update {

Result<ServiceStatus> OwnServices::status(const std::string&) {
    return ServiceStatus{
        .running = true, .process = processes_.self(), .last_exit = {}, .held_by_administrator = false};
}

Status OwnServices::start(const std::string& program) {
    return Error{ErrorCode::refused, fmt::format("{} cannot start itself", program)};
}

Status OwnServices::stop(const std::string& program) {
    return Error{ErrorCode::refused, fmt::format("{} cannot stop itself", program)};
}

Result<std::vector<Finding>> OwnServices::check_restart_path(const std::string& program) {
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
