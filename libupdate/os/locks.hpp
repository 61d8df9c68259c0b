// Locks that the operating system holds.
#pragma once
#include <memory>

#include "ports/files.hpp"

namespace update {

/// On Linux a POSIX record lock (fcntl F_SETLK), because of four properties:
/// - the kernel itself says who holds it (F_GETLK), so the evidence's pid is never a number that a dead or
/// lying
///   process left in a file. Open-file-description locks and flock do not tell.
/// - it belongs to the process, not to the open file: a forked child does not inherit it, and a child that
/// still
///   has the file open when its parent is killed does not keep it alive;
/// - it vanishes with the process, also by SIGKILL; the file that stays behind means nothing;
/// - it exists on all file systems of Linux, NFS included.
/// Its price: it is lost when the process closes *any* descriptor of the file. So nothing else may open a
/// lock file, and this class keeps a list of what the process holds, which also makes a second try in the
/// same process fail
/// (`retry_later`, with the own pid as evidence) instead of succeeding silently.
/// The file is created with mode 0600 and never removed: removing it would let two processes lock two files
/// of one name. A symbolic link in any component is `refused`. The lock is gone after exec, too
/// (close-on-exec). Any thread may use it.
std::unique_ptr<Locks> make_locks();

}  // namespace update
