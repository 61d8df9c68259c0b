// What a service does now, in the words of the SCM, and what that means. Pure.
#pragma once
#include <cstdint>
#include <optional>

#include "ports/processes.hpp"
#include "service/scm_exit.hpp"
#include "service/scm_service.hpp"

namespace update {

enum class ScmPhase : std::uint8_t { stopped, starting, stopping, running, paused };

struct ScmState {
    ScmPhase phase = ScmPhase::stopped;
    std::int64_t pid = 0;
    std::uint32_t error = 0;     ///< dwWin32ExitCode of the last run
    std::uint32_t specific = 0;  ///< dwServiceSpecificExitCode of it
    StartType start = StartType::automatic;
    bool operator==(const ScmState&) const = default;
};

bool is_up(const ScmState&);    ///< runs, or is about to
bool is_down(const ScmState&);  ///< neither runs nor is about to, nor is still ending

/// Nobody may start it by himself: disabled (it may still run), or stopped on request (and not by us). A
/// program of libupdate that ends with 0 without having been asked says so; one that knows nothing of it
/// never ends so by itself, or it would be no service.
enum class ScmStop : std::uint8_t { by_others, by_us };
bool is_held(const ScmState&, ScmStop);

/// How the last process ended; nothing: it runs, none ran since boot, or the SCM could not start it.
std::optional<ExitStatus> last_exit(const ScmState&);

}  // namespace update
