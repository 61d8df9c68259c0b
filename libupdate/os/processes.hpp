#pragma once
#include <memory>

#include "ports/processes.hpp"

namespace update {

/// The operating system's processes. Stateless: any thread may use it. Beyond the port's contract:
///
/// `run`: the program's path must be absolute (`refused`) and `timeout` above zero (`bug`). It starts in the
/// root folder, with empty standard input, default signals, and none of our descriptors but standard error. A
/// missing library shows only as exit code 127 from the loader; a missing loader or interpreter is
/// `unsupported`. The calling process must not ignore SIGCHLD (`bug`, nothing is started) nor collect
/// children that it did not start.
///
/// `break_away`: the program answers with `answer_handshake` (os/handshake.hpp). Its standard streams go
/// nowhere. One that ends without an answer is `unsupported` at once, one that answers for another process is
/// `refused` and killed with its process group. `Command::timeout` is not used. It stays in the caller's
/// cgroup: a service manager that ends whole cgroups, as systemd does by default, ends it too.
std::unique_ptr<Processes> make_processes();

}  // namespace update
