#pragma once
#include "ports/processes.hpp"

namespace update {

/// The process that has this number now, also when it has ended and nobody has collected it yet.
/// @return `not_found` when there is none; `permission` when there is one that the system hides from this
/// user.
Result<ProcessId> identify(std::int64_t pid);

/// Does exactly that process still run? One that has ended but was not collected (zombie) does not. One that
/// the system hides (/proc mounted with hidepid) counts as alive as long as its number is in use: "not
/// running" must never be a guess.
bool is_alive(const ProcessId&);

}  // namespace update
