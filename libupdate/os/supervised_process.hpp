// For the Windows twins: what a supervised program consists of.
#pragma once
#include <string>

#include "os/child_process.hpp"
#include "os/handle.hpp"
#include "os/job.hpp"

namespace update {

struct ChildProcess::System {
    ProcessId id;
    Handle process;
    Job job;      ///< it and all that it started, but what left
    Handle stop;  ///< set to ask it to end
};

/// Both are called by a secret that the run record keeps, so that whoever supervises next finds them.
std::string stop_event_name(const std::string& group);
std::wstring job_name(const std::string& group);

}  // namespace update
