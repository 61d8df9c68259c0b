// Windows: the second way out of a job that lets nobody leave it.
#pragma once
#include "ports/processes.hpp"

namespace update {

/// Word of a command line behind which the name of the handshake's door stands: a task has no environment of
/// ours.
inline constexpr const char* handshake_word = "--update-handshake";

/// Starts a program through the Task Scheduler, so that it is nobody's child and in no job of ours. Returns
/// only when it has said so itself through the handshake; the task is deleted, the program lives on.
/// @return `unsupported` where there is no Task Scheduler (Wine); `permission` for an account that may not
/// make tasks of the system; else as Processes::break_away
Result<ProcessId> run_as_task(const Command&, std::chrono::milliseconds handshake_timeout);

}  // namespace update
