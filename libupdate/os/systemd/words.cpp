// What can be said of the units without asking systemd.
#include <fmt/format.h>

#include "os/account.hpp"
#include "os/service_manager.hpp"
#include "service/unit_text.hpp"

namespace update {

Manager service_manager::native() { return Manager::systemd; }

/// Units of the system need root. Who has no such rights has the watchdog, which needs none.
Status service_manager::may_change() {
    if (current_account() == 0) return done();
    return Error{
        ErrorCode::permission,
        "only root may change the system's units; run it as root, or set service.manager = \"none\" and let "
        "this account's watchdog run the programs"};
}

std::vector<std::string> service_manager::names(const Settings& settings) {
    std::vector<std::string> names;
    for (const UnitFile& unit : unit_files(settings)) names.push_back(unit.name);
    return names;
}

std::string service_manager::print(const Settings& settings) {
    std::string text;
    for (const UnitFile& unit : unit_files(settings))
        text += fmt::format("{}# {}\n{}", text.empty() ? "" : "\n",
                            (settings.service.unit_dir / unit.name).string(), unit.text);
    return text;
}

std::string service_manager::command_for(Wish wish, const Settings& settings,
                                         const ProgramSettings& program) {
    return fmt::format("systemctl {} --now {}", wish == Wish::run ? "enable" : "disable",
                       unit_name(settings, program));
}

service_manager::Rescue service_manager::rescue() { return Rescue::after_giving_up; }

}  // namespace update
