// For the Windows twins: CreateProcess, with nothing of ours but what is given.
#pragma once
#include <string>
#include <vector>

#include "os/handle.hpp"
#include "ports/processes.hpp"

namespace update {

struct ProcessStart {
    const Command& command;
    std::vector<std::string> environment;  ///< "NAME=value", complete
    void* output = nullptr;                ///< null: nowhere
    void* errors = nullptr;
    void* job = nullptr;     ///< its life begins in it
    bool suspended = false;  ///< whoever starts it resumes its thread
    bool leaves_job = false;
};
struct StartedProcess {
    ProcessId id;
    Handle process, thread;
};

/// Without window and console, in a process group of its own, with the system's folder as working directory,
/// standard input that has ended, and no handle but its standard streams.
/// @return `not_found`, `permission`, `unsupported` (not a program of this machine; or it shall leave this
///         process's job, which does not allow that), `retry_later` (the file is being written)
Result<StartedProcess> start_process(const ProcessStart&);

}  // namespace update
