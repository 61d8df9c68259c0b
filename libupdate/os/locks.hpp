// Locks that the operating system holds.
#pragma once
#include <memory>

#include "ports/files.hpp"

namespace update {

/// On Linux a POSIX record lock (fcntl F_SETLK). The kernel itself says who holds it (F_GETLK), so the
/// evidence's pid is never a number that a dead or lying process left in a file; locks of open file
/// descriptions and flock do not tell. It belongs to the process, not to the open file: a forked child does
/// not inherit it, nor keep it alive when its parent is killed. It vanishes with the process, also by
/// SIGKILL; the file that stays behind means nothing.
///
/// Its price: it is lost when the process closes *any* descriptor of the file. So nothing else may open a
/// lock file, and a list of what the process holds makes a second try in the same process fail (`retry_later`
/// with the own pid) instead of succeeding silently. It is gone after exec, too (close-on-exec).
///
/// The file is created with mode 0600 and never removed: removing it would let two processes lock two files
/// of one name. A symbolic link in any component is `refused`. Any thread may use it.
std::unique_ptr<Locks> make_locks();

}  // namespace update
