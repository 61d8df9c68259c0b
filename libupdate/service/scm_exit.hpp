// What a service tells the SCM of its end. Pure.
#pragma once
#include <cstdint>

namespace update {

/// What a program that knows libupdate leaves in the status of its service when it ends well although nobody
/// asked it to: another one has taken over its restart. The SCM keeps the number and gives it no meaning.
inline constexpr std::uint32_t ended_unasked = 0x0c1ea200;

struct ScmExit {
    std::uint32_t error = 0;     ///< dwWin32ExitCode
    std::uint32_t specific = 0;  ///< dwServiceSpecificExitCode
    bool operator==(const ScmExit&) const = default;
};

/// Whatever the exit code: after a stop that was asked for, a failure would make the SCM start it again.
enum class Asked : std::uint8_t { no, yes };
ScmExit scm_exit(int exit_code, Asked);

}  // namespace update
