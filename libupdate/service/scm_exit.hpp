// What a service tells the SCM of its end. Pure.
#pragma once
#include <cstdint>

namespace update {

/// What a program that knows libupdate leaves in the status of its service when it ends with 0 although
/// nobody asked it to. The SCM keeps the number and gives it no meaning.
inline constexpr std::uint32_t ended_unasked = 0x0c1ea200;

struct ScmExit {
    std::uint32_t error = 0;     ///< dwWin32ExitCode
    std::uint32_t specific = 0;  ///< dwServiceSpecificExitCode
    bool operator==(const ScmExit&) const = default;
};

/// Why a service ends.
enum class ServiceEnd : std::uint8_t {
    unasked,  ///< by itself: whatever its exit code, a failure, or the SCM would leave it down (incident I1)
    asked,    ///< on request: a failure would make the SCM start it again, whatever the exit code
    taken_over,  ///< another process starts it again: no failure, and no stop of an administrator's either
};
ScmExit scm_exit(int exit_code, ServiceEnd);

}  // namespace update
