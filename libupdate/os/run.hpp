// Private to os/: the two ways of starting a program. Contracts: Processes::run and Processes::break_away.
#pragma once
#include "ports/processes.hpp"

namespace update {

Result<Ran> run_program(const Command&);
Result<ProcessId> break_away_program(const Command&, std::chrono::milliseconds handshake_timeout);

}  // namespace update
