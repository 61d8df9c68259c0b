#include "compose/control_service.hpp"

#include <fmt/format.h>

#include "os/account.hpp"
#include "os/systemd/systemd.hpp"
#include "service/unit_text.hpp"

namespace update {
namespace {

Status check_manager(Control& control) {
    if (control.settings().service.manager == Manager::none)
        return Error{
            ErrorCode::refused,
            "service.manager is \"none\": the watchdog runs the programs; set it to \"systemd\" for units"};
    return done();
}

/// Units of the system need root. Who has no such rights has the watchdog, which needs none.
Status check_account(Control& control) {
    UPDATE_CHECK(check_manager(control), "service");
    if (current_account() == 0) return done();
    return Error{
        ErrorCode::permission,
        "only root may change the system's units; run it as root, or set service.manager = \"none\" and let "
        "this account's watchdog run the programs"};
}

std::string names(const std::vector<UnitFile>& units) {
    std::string text;
    for (const UnitFile& unit : units) text += (text.empty() ? "" : ", ") + unit.name;
    return text;
}

Said change(Control& control, Really really, std::string_view what,
            const std::function<Result<std::string>()>& act) {
    if (auto allowed = check_account(control); !allowed) return said(allowed.error());
    const std::string units = names(unit_files(control.settings()));
    if (really == Really::only_say) return {ControlExit::ok, fmt::format("would {} {}", what, units)};
    const auto result = act();
    if (!result) return said(result.error());
    return {ControlExit::ok, *result};
}

}  // namespace

Result<std::string> print_service(Control& control) {
    UPDATE_CHECK(check_manager(control), "service");
    std::string text;
    for (const UnitFile& unit : unit_files(control.settings()))
        text += fmt::format("{}# {}\n{}", text.empty() ? "" : "\n",
                            (control.settings().service.unit_dir / unit.name).string(), unit.text);
    return text;
}

Said install_service(Control& control, Really really) {
    return change(control, really, "install and start", [&]() -> Result<std::string> {
        UPDATE_CHECK(systemd::install(control.settings(), control.adapters().files(), systemd::Start::yes),
                     "service");
        return "installed and started " + names(unit_files(control.settings()));
    });
}

Said repair_service(Control& control, Really really) {
    return change(control, really, "check and mend", [&]() -> Result<std::string> {
        UPDATE_TRY(changes, systemd::repair(control.settings(), control.adapters().files()), "service");
        std::string text;
        for (const std::string& line : changes) text += (text.empty() ? "" : "; ") + line;
        return changes.empty() ? "nothing to mend" : text;
    });
}

Said remove_service(Control& control, Really really) {
    return change(control, really, "stop and remove", [&]() -> Result<std::string> {
        UPDATE_CHECK(systemd::remove(control.settings(), control.adapters().files()), "service");
        const Path guard = control.layout().guard(control.settings().programs.front());
        UPDATE_CHECK(control.adapters().files().remove(guard), "service");
        return "removed " + names(unit_files(control.settings()));
    });
}

}  // namespace update
