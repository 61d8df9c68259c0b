#include "compose/control_service.hpp"

#include <fmt/format.h>

#include "compose/purge.hpp"
#include "os/service_manager.hpp"

namespace update {
namespace {

Status check_manager(Control& control) {
    if (control.settings().service.manager == Manager::none)
        return Error{ErrorCode::refused,
                     "service.manager is \"none\": the watchdog runs the programs; set it to \"systemd\" or "
                     "\"scm\" for services"};
    return done();
}

Status check_account(Control& control) {
    UPDATE_CHECK(check_manager(control), "service");
    return service_manager::may_change();
}

std::string names(const Control& control) {
    std::string text;
    for (const std::string& name : service_manager::names(control.settings()))
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

Said change(Control& control, Really really, std::string_view what,
            const std::function<Result<std::string>()>& act) {
    if (auto allowed = check_account(control); !allowed) return said(allowed.error());
    const std::string units = names(control);
    if (really == Really::only_say) return {ControlExit::ok, fmt::format("would {} {}", what, units)};
    const auto result = act();
    if (!result) return said(result.error());
    return {ControlExit::ok, *result};
}

}  // namespace

Result<std::string> print_service(Control& control) {
    UPDATE_CHECK(check_manager(control), "service");
    return service_manager::print(control.settings());
}

Said install_service(Control& control, Really really) {
    return change(control, really, "install and start", [&]() -> Result<std::string> {
        UPDATE_CHECK(service_manager::install(control.settings(), control.adapters().files(),
                                              service_manager::Start::yes),
                     "service");
        return "installed and started " + names(control);
    });
}

Said repair_service(Control& control, Really really) {
    return change(control, really, "check and mend", [&]() -> Result<std::string> {
        UPDATE_TRY(changes, service_manager::repair(control.settings(), control.adapters().files()),
                   "service");
        std::string text;
        for (const std::string& line : changes) text += (text.empty() ? "" : "; ") + line;
        return changes.empty() ? "nothing to mend" : text;
    });
}

Said remove_service(Control& control, Really really, Extent extent) {
    return change(control, really, "stop and remove", [&]() -> Result<std::string> {
        UPDATE_CHECK(service_manager::remove(control.settings(), control.adapters().files()), "service");
        const Path guard = control.layout().guard(control.settings().programs.front());
        UPDATE_CHECK(control.adapters().files().remove(guard), "service");
        if (extent == Extent::everything) UPDATE_CHECK(purge(control), "service");
        return "removed " + names(control);
    });
}

}  // namespace update
