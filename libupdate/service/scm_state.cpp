#include "service/scm_state.hpp"

namespace update {
namespace {

// winerror.h
constexpr std::uint32_t no_error = 0, process_aborted = 1067, service_specific_error = 1066,
                        never_started = 1077;

}  // namespace

ScmExit scm_exit(int exit_code, ServiceEnd end) {
    if (end == ServiceEnd::asked) return {no_error, 0};
    if (end == ServiceEnd::taken_over) return {no_error, ended_unasked};
    return {service_specific_error, exit_code == 0 ? ended_unasked : static_cast<std::uint32_t>(exit_code)};
}

bool is_up(const ScmState& s) {
    return s.phase == ScmPhase::starting || s.phase == ScmPhase::running || s.phase == ScmPhase::paused;
}

bool is_down(const ScmState& s) { return s.phase == ScmPhase::stopped; }

bool is_held(const ScmState& s, ScmStop stop) {
    if (s.start == StartType::disabled) return true;
    if (!is_down(s) || stop == ScmStop::by_us) return false;
    return s.error == no_error && s.specific != ended_unasked;
}

std::optional<ExitStatus> last_exit(const ScmState& s) {
    if (!is_down(s)) return std::nullopt;
    switch (s.error) {
        case no_error:
            return ExitStatus{false, 0};
        case service_specific_error:
            return ExitStatus{false, s.specific == ended_unasked ? 0 : static_cast<int>(s.specific)};
        case process_aborted:
            return ExitStatus{true, 0};  // how is not known
        case never_started:
            return std::nullopt;
        default:
            return ExitStatus{false, static_cast<int>(s.error)};
    }
}

}  // namespace update
