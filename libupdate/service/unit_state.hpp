// What a unit does now, in the words of systemd, and what that means. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "ports/processes.hpp"

namespace update {

/// Times are microseconds of the monotonic clock; 0: never in this boot.
struct UnitState {
    std::string load;    ///< LoadState: "loaded", "not-found", "masked", "bad-setting", "error"
    std::string active;  ///< ActiveState: "active", "activating", "inactive", "failed", ...
    std::string sub;     ///< SubState: "running", "auto-restart", "start-pre", ...
    std::string file;    ///< UnitFileState: "enabled", "disabled", "masked", "static", ... or empty
    std::string result;  ///< Result of the last run: "success", "exit-code", "timeout", "watchdog", ...
    std::string
        job;  ///< JobType of what systemd is about to do with it: "start", "restart", "stop", ... or empty
    std::string invocation;  ///< InvocationID in hex: one life, from before its ExecStartPre= to its end
    std::int64_t main_pid = 0;
    std::int64_t last_pid = 0;           ///< ExecMainPID: of the present or the last main process
    int exit_kind = 0, exit_value = 0;   ///< ExecMainCode (CLD_EXITED, CLD_KILLED, ...), ExecMainStatus
    std::uint64_t active_enter_us = 0;   ///< became active
    std::uint64_t active_exit_us = 0;    ///< ceased to be active
    std::uint64_t process_start_us = 0;  ///< the main process began
    std::uint64_t process_exit_us = 0;   ///< and ended
    unsigned restarts = 0;               ///< NRestarts: by systemd itself, since somebody started it
    bool operator==(const UnitState&) const = default;
};

/// A main process runs, or is about to: before it come ExecStartPre=, and before it says that it is ready it
/// is "activating".
bool is_up(const UnitState&);
/// Between the end of one main process and the start of the next, which systemd does by itself.
bool is_waiting_for_restart(const UnitState&);

/// Nobody may start it by himself: masked or disabled (it may still run), or stopped while it ran (and not by
/// us). That a stop was asked for shows in the order of things: a unit that is told to stop ceases to be
/// active before its process ends, one whose process ends by itself ceases after it.
enum class StoppedBy : std::uint8_t { others, us };
bool is_held(const UnitState&, StoppedBy);

/// After the end of a process: an administrator's `systemctl restart`, which says nothing of the program.
/// @param restarts  what UnitState::restarts was while it ran; systemd counts its own restarts only
bool is_restarted_on_request(const UnitState&, unsigned restarts);

/// How the last main process ended; nothing: it runs, or none ran in this boot.
std::optional<ExitStatus> last_exit(const UnitState&);

/// A unit that cannot be worked with: not installed (`not_found`), or its file cannot be read (`refused`).
Status check_loaded(const UnitState&, const std::string& unit);

}  // namespace update
