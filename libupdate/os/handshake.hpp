// How a program that breaks away proves that it lives.
#pragma once
#include <update/result.hpp>

namespace update {

/// Names the pipe on which the starter waits for the line "alive <pid>\n": the number of a descriptor
/// (Linux), or the pipe's path (Windows).
inline constexpr const char* handshake_variable = "UPDATE_HANDSHAKE_FD";

/// To be called by the started program once it is able to do its work, early in main and before it has
/// threads (the environment is changed). Writes the line, closes the pipe (standard output goes nowhere
/// then, where it was that), removes the variable.
/// @return `not_found` when nobody waits (started by hand: go on or not, as you like); `refused` when the
/// variable
///         does not name a pipe; `timed_out` when the starter is gone or waits no longer: it has taken the
///         other way, so this program must end without doing anything.
Status answer_handshake();

}  // namespace update
