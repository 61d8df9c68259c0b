// How a program that breaks away proves that it lives.
#pragma once
#include <chrono>
#include <cstdint>

#include <update/result.hpp>

#include "os/fd.hpp"

namespace update {

/// Names the descriptor on which the starter waits for the line "alive <pid>\n".
inline constexpr const char* handshake_variable = "UPDATE_HANDSHAKE_FD";

/// The starter's side: the pid that the line names. The caller knows, or finds out, whether it is the one he
/// started.
/// @return `timed_out`; `unsupported` when the other side ended or closed the pipe without an answer;
/// `refused` for
///         anything else than that line
Result<std::int64_t> await_answer(const Fd& pipe, std::chrono::milliseconds timeout);

/// To be called by the started program once it is able to do its work, early in main and before it has
/// threads (the environment is changed). Writes the line, closes the descriptor (standard output goes nowhere
/// then), removes the variable.
/// @return `not_found` when nobody waits (started by hand: go on or not, as you like); `refused` when the
/// variable
///         does not name a pipe; `timed_out` when the starter is gone or waits no longer: it has taken the
///         other way, so this program must end without doing anything.
Status answer_handshake();

}  // namespace update
