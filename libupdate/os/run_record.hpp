// Private to os/: run/<program>.pid, "PID START_TICKS BOOT_ID PROGRAM [GROUP]\n". Written before the
// program's first instruction, so that whoever supervises next finds it, however the one that started it
// died. The record of a process that has ended stays until the next one.
#pragma once
#include <optional>
#include <string>

#include "ports/files.hpp"
#include "ports/processes.hpp"

namespace update {

struct RunRecord {
    ProcessId process;
    std::string boot_id;
    std::string program;
    std::string group;  ///< Windows: what its job and its stop event are called; else empty
};

/// @return nothing for a text that is no record
std::optional<RunRecord> parse_run_record(const std::string& text);

/// @return nothing when there is no record, or one that cannot be read as such. It is written under another
/// name and
///         renamed, so within one boot it is whole; after a power cut it may be anything, and then nothing
///         runs. Any other trouble is an error, never "nothing runs".
Result<std::optional<RunRecord>> read_run_record(const Path&);

}  // namespace update
