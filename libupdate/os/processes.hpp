#pragma once
#include <memory>

#include "ports/processes.hpp"

namespace update {

/// The operating system's processes. Beyond the port's contract:
/// - `run`: the program's path must be absolute (`refused`) and `timeout` above zero (`bug`); it starts in
/// "/", with
///   standard input from nowhere, default signals, none of our descriptors but standard error. A library that
///   is missing shows only as exit code 127 from the loader; a missing loader or interpreter is
///   `unsupported`. The calling program must not ignore SIGCHLD, which throws exit codes away (`bug`).
/// - `break_away`: the program answers with `answer_handshake` (os/handshake.hpp). Its standard streams are
/// /dev/null.
///   One that ends without an answer is `unsupported` at once, one that answers for another process
///   `refused`; in every case of error nothing of it is left running. Command::timeout is not used. It stays
///   in the caller's cgroup: a service manager that ends whole cgroups (systemd's default) ends it too.
/// Stateless: any thread may use it.
std::unique_ptr<Processes> make_processes();

}  // namespace update
