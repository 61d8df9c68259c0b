#include "os/systemd/check_unit.hpp"

#include <fmt/format.h>

#include "layout/layout.hpp"
#include "os/service_manager.hpp"

namespace update {
namespace {

/// ExecStartPre=-PATH says nothing of a file that is not there. Only the version that proved itself can make
/// it, so no drop-in mends that. A folder that may not be looked into is no missing file.
std::optional<Finding> missing_guard(const Path& guard, const std::string& unit) {
    std::error_code problem;
    const auto status = std::filesystem::status(guard, problem);
    const bool can_run =
        (status.permissions() & std::filesystem::perms::owner_exec) != std::filesystem::perms::none;
    const bool there = is_regular_file(status) && can_run;
    if (there || problem == std::errc::permission_denied) return std::nullopt;
    return Finding{false,
                   fmt::format("nobody counts the starts: {} is {}", guard.string(),
                               is_regular_file(status) ? "not executable" : "missing"),
                   fmt::format("systemctl restart {}; the agent makes it at its start", unit)};
}

}  // namespace

Result<std::vector<Finding>> check_unit(SystemdManager& manager, const Settings& settings,
                                        const ProgramSettings& program) {
    const std::string unit = unit_name(settings, program);
    UPDATE_TRY(now, manager.state(unit), "check " + unit);
    UPDATE_CHECK(check_loaded(now, unit), "check " + unit);
    UPDATE_TRY(rules, manager.rules(unit), "check " + unit);
    const Path guard = Layout{settings}.guard(program);
    auto findings = check_restart(now, rules, settings, guard);
    if (settings.trial.probe.kind != Readiness::reported) return findings;
    if (auto missing = missing_guard(guard, unit)) findings.push_back(std::move(*missing));
    return findings;
}

Result<std::vector<Finding>> service_manager::check_agent(const Settings& settings) {
    SystemdManager manager;
    return check_unit(manager, settings, settings.programs.front());
}

Status service_manager::prepare_exchange(const Settings&) { return done(); }

namespace {

Result<std::vector<Finding>> check_other(SystemdManager& manager, const std::string& unit) {
    UPDATE_TRY(now, manager.state(unit), "check " + unit);
    UPDATE_CHECK(check_loaded(now, unit), "check " + unit);
    UPDATE_TRY(rules, manager.rules(unit), "check " + unit);
    return check_return(now, rules, unit);
}

}  // namespace

std::vector<service_manager::ServiceCheck> service_manager::check_others(const Settings& settings) {
    SystemdManager manager;
    std::vector<std::string> units;
    for (std::size_t n = 1; n < settings.programs.size(); ++n)
        units.push_back(unit_name(settings, settings.programs[n]));
    if (!settings.watchdog_path.empty()) units.push_back(watchdog_unit(settings));
    std::vector<ServiceCheck> checks;
    for (const std::string& unit : units) checks.push_back({unit, check_other(manager, unit)});
    return checks;
}

Result<bool> service_manager::is_agent_held(const Settings& settings) {
    SystemdManager manager;
    const std::string unit = unit_name(settings, settings.programs.front());
    UPDATE_TRY(now, manager.state(unit), "unit of the agent");
    return is_held(now, StoppedBy::others);
}

/// systemd counts its own restarts, and begins anew when somebody starts the unit. The rescue comes when none
/// is under way.
Result<bool> service_manager::is_agent_start_asked_for(const Settings& settings) {
    SystemdManager manager;
    UPDATE_TRY(now, manager.state(unit_name(settings, settings.programs.front())),
               "start of the agent's unit");
    return now.active == "activating" && now.restarts == 0;
}

}  // namespace update
