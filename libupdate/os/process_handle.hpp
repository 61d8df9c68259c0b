// For adapters: a handle on one process, and the boot that its number belongs to.
#pragma once
#include <string>

#include <update/result.hpp>

#include "os/fd.hpp"
#include "ports/processes.hpp"

namespace update {

/// A handle on exactly this process, never on a later one with its number: readable once it has ended.
/// @return `not_found` when it has ended and its parent knows; one whose parent has not asked yet can be
/// opened.
Result<Fd> open_process(const ProcessId&);
bool has_ended(const Fd& process);
/// @return `not_found` when it has ended.
Status send_signal(const Fd& process, int signal);

/// Changes with every boot: numbers of processes from another one mean nothing.
Result<std::string> read_boot_id();

}  // namespace update
