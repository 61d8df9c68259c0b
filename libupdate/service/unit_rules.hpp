// Would systemd start this unit again after a failure, and count its starts? Pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <update/settings.hpp>

#include "ports/services.hpp"
#include "service/unit_state.hpp"

namespace update {

/// The effective settings of a unit, drop-ins included.
struct UnitRules {
    std::string type, restart, kill_mode;  ///< Type=, Restart=, KillMode=
    std::chrono::microseconds restart_delay{0};
    std::chrono::microseconds start_limit_interval{0};  ///< 0: starts are not limited
    unsigned start_limit_burst = 0;
    std::chrono::microseconds watchdog{0};  ///< WatchdogSec=; 0: none
    std::vector<int> success_codes;         ///< SuccessExitStatus=, without the 0 that always is
    std::vector<int> no_restart_codes;      ///< RestartPreventExitStatus=
    std::vector<std::string> before_start;  ///< programs of ExecStartPre=
    std::string program;                    ///< of ExecStart=
    std::string file;                       ///< FragmentPath
    bool operator==(const UnitRules&) const = default;
};

/// What an installed unit must do for the exit-code route. Each finding that is not ok names the setting that
/// `updatectl service repair` would change.
/// @param guard  the program that ExecStartPre= must call, so that somebody else than the new version counts
std::vector<Finding> check_restart(const UnitState&, const UnitRules&, const Settings&, const Path& guard);

/// The same for the watchdog and companions, whose starts nobody counts: does the unit begin with the
/// machine, and again after a failure? What differs is an administrator's own setting, and repair is not its
/// cure.
std::vector<Finding> check_return(const UnitState&, const UnitRules&, const std::string& unit);

}  // namespace update
