// Private to os/: what the system tells about one process.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "os/fd.hpp"
#include "ports/processes.hpp"

namespace update {

struct ProcessFacts {
    ProcessId id;
    char state = '?';  ///< 'Z': ended, its parent has not asked yet
    bool ended() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

/// @return nothing when there is no such process; an error when the system does not tell.
Result<std::optional<ProcessFacts>> process_facts(std::int64_t pid);
/// Start time in clock ticks since boot from the text of /proc/PID/stat; 0 when it is not such a text. Safe
/// between fork and exec.
std::uint64_t start_ticks_in(const char* stat, std::size_t length, char* state = nullptr);

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
