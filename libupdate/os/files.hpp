// Names on disk of this machine.
#pragma once
#include <memory>

#include "ports/files.hpp"

namespace update {

/// How the folders above a name are opened. Neither way follows a symbolic link.
enum class FolderWalk : std::uint8_t {
    best,       ///< in one system call where the system has it, else one by one
    one_by_one  ///< each folder relative to its parent; for old systems, and so that tests see this way too
};

/// The operating system's files. Paths must be absolute and free of ".."; others are `refused`.
/// Beyond the port's contract: an existing name where none may be (create_new, link) is `refused`; removing
/// or replacing a folder with content is `refused`; anything that is neither file nor folder (pipe, device,
/// socket) is `refused` without waiting on it. `File::copy_properties` must follow the last write, since the
/// system takes set-user-id bits and capabilities away from a file that is written. Stateless: any thread may
/// use it; the files that it opens belong to one thread at a time.
std::unique_ptr<Files> make_files(FolderWalk = FolderWalk::best);
/// `free_bytes` is what an unprivileged writer may use, for root too: the reserve that file systems keep is
/// what lets an administrator log in on a full disk, and an update is no reason to use it up.
std::unique_ptr<Volumes> make_volumes();

}  // namespace update
