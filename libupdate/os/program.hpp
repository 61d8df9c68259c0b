// Programs that run: this process's own, and others.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ports/files.hpp"
#include "ports/processes.hpp"

namespace update {

/// Is `installed` the very file that this process runs from? (The same content under another name is not.)
Result<bool> runs_image(const Path& installed);

/// Goes on as another program, in this process and with its children. Descriptors are closed, locks are
/// released. Comes back only with an error: `not_found`, `permission`, `unsupported` (cannot be loaded).
/// @param name       what it is called in a list of processes
/// @param arguments  without the program's own name
Error become(const Path& program, const Path& name, const std::vector<std::string>& arguments);

/// @return `not_found` when there is no such process
Result<ProcessId> find_process(std::int64_t pid);
/// The file from which it was started, as the system shows it now. @return `not_found` when it has ended;
/// `permission`
Result<Path> program_of(const ProcessId&);
/// SIGKILL, then waits at most 5 s for its end. Success when it does not run afterwards.
Status kill_process(const ProcessId&);

}  // namespace update
