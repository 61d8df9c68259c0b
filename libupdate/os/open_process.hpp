// For the Windows twins: a process by its number.
#pragma once
#include "os/handle.hpp"
#include "ports/processes.hpp"

namespace update {

/// @param access  beside waiting and the most harmless questions
/// @return `not_found` when none has this number; `permission` when it is hidden
Result<Handle> open_process_number(std::int64_t pid, unsigned long access);
/// An administrator may end a program of LocalSystem only with a privilege that he has but does not use by
/// default. Best effort: what is denied without it says so.
void use_debug_privilege();
/// `process` may be asked the most harmless questions.
Result<ProcessId> identify(void* process);

/// The exit code of a process that somebody ended by force: as errors of the system look, of its customers'
/// range, 9 as on Linux.
inline constexpr unsigned killed_code = 0xE0000009;
/// `signalled` for a process that was killed, or that the system ended with one of its own errors (the value
/// is that error, for example 0xC0000005, access violation, as a negative number).
ExitStatus exit_status(unsigned long code);
/// How it ended. The process has ended.
Result<ExitStatus> exit_of(void* process);

}  // namespace update
