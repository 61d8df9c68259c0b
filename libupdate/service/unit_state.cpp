#include "service/unit_state.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace update {
namespace {

constexpr int exited_by_itself = 1;  // CLD_EXITED, the same number everywhere

template <std::size_t n>
bool is_one_of(const std::string& word, const std::array<std::string_view, n>& words) {
    return std::ranges::find(words, word) != words.end();
}

/// Out-of-memory and watchdog kills cease to be active first, too, and nobody asked for them.
bool was_asked_to_stop(const UnitState& s) {
    static constexpr std::array<std::string_view, 5> ends{"success", "exit-code", "signal", "core-dump",
                                                          "timeout"};
    if (s.process_exit_us == 0 || !is_one_of(s.result, ends)) return false;
    const bool was_active = s.active_enter_us >= s.process_start_us;
    if (was_active) return s.active_exit_us >= s.active_enter_us && s.active_exit_us < s.process_exit_us;
    // It never said that it is ready. By itself it cannot have ended well then.
    return s.active == "inactive" && s.result == "success";
}

}  // namespace

bool is_up(const UnitState& s) {
    static constexpr std::array<std::string_view, 3> starting{"start", "restart", "try-restart"};
    if (is_one_of(s.job, starting)) return true;
    if (is_waiting_for_restart(s)) return false;
    static constexpr std::array<std::string_view, 3> up{"active", "activating", "reloading"};
    return is_one_of(s.active, up) && (s.main_pid != 0 || s.active == "activating");
}

bool is_waiting_for_restart(const UnitState& s) { return s.sub == "auto-restart"; }

bool is_held(const UnitState& s, StoppedBy by) {
    static constexpr std::array<std::string_view, 3> closed{"disabled", "masked", "masked-runtime"};
    if (s.load == "masked" || is_one_of(s.file, closed)) return true;
    if (by == StoppedBy::us || is_up(s) || is_waiting_for_restart(s)) return false;
    return was_asked_to_stop(s);
}

bool is_restarted_on_request(const UnitState& s, unsigned restarts) {
    return is_up(s) && s.restarts <= restarts;
}

std::optional<ExitStatus> last_exit(const UnitState& s) {
    if (s.process_exit_us == 0) return std::nullopt;
    return ExitStatus{s.exit_kind != exited_by_itself, s.exit_value};
}

Status check_loaded(const UnitState& s, const std::string& unit) {
    if (s.load == "loaded" || s.load == "masked") return done();
    if (s.load == "not-found")
        return Error{ErrorCode::not_found,
                     fmt::format("{} is not installed; updatectl service install", unit)};
    return Error{ErrorCode::refused,
                 fmt::format("{} cannot be loaded ({}); systemctl status says why", unit, s.load)};
}

}  // namespace update
