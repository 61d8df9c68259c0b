// Private to os/: the start of one supervised program.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "os/child_process.hpp"
#include "ports/files.hpp"
#include "ports/processes.hpp"

namespace update {

/// Where standard output and error of a program go.
enum class ChildOutput : std::uint8_t {
    inherited,
    dropped,  ///< the starter ends before it, and must not leave its terminal or pipe behind
};

struct ChildImage {
    Command command;                       ///< its time-out means nothing here
    std::string program;                   ///< name for the run record
    std::vector<std::string> environment;  ///< "NAME=value", complete: nothing is inherited
    Path run_file;
    std::string boot_id;
    ChildOutput output = ChildOutput::inherited;
};

/// Starts it in its own session and process group, with default signal handling, "/" as working directory,
/// standard input from /dev/null, standard output and error as `output` says, and no other descriptor. The
/// run record is on disk before exec. Returns once exec has succeeded. Windows: in a job of its own, which
/// programs may leave and which does not end with this process; with the system's folder as working
/// directory; it hears of its stop by the event that UPDATE_STOP_EVENT names.
/// @return `not_found` (no such file), `permission` (not executable), `unsupported` (wrong format, or its
///         interpreter or loader is missing), `timed_out` (exec hangs; it was killed), else as errno says.
///         After an error nothing runs and no run record is left.
Result<ChildProcess> start_child(const ChildImage&);

}  // namespace update
