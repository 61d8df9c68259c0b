// For adapters: a handle on one process, and the boot that its number belongs to.
#pragma once
#include <string>

#include <update/result.hpp>

#include "os/native.hpp"
#include "ports/processes.hpp"

namespace update {

/// A handle on exactly this process, never on a later one with its number: readable once it has ended.
/// @return `not_found` when it has ended and its parent knows; one whose parent has not asked yet can be
/// opened.
Result<Owned> open_process(const ProcessId&);
bool has_ended(const Owned& process);

/// Changes with every boot where numbers of processes from another boot could be mistaken. Windows: always
/// the same, because a process's start there is a time of the calendar.
Result<std::string> read_boot_id();

}  // namespace update
