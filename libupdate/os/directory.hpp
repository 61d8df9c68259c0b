// Private to os/: a name, held as (open folder, last component), so that no later rename of a folder above it
// and no symbolic link in any component can send an operation elsewhere (security rules R2, R3).
#pragma once
#include <string>
#include <sys/stat.h>

#include "os/fd.hpp"
#include "os/files.hpp"

namespace update {

struct Place {
    Fd folder;         ///< O_PATH
    std::string leaf;  ///< one component, "." for the root itself
};

/// @return `refused` for a relative path, "..", or a link or file where a folder is expected; `not_found`.
Result<Place> find_place(const Path&, FolderWalk);
/// What the leaf itself is, a link not followed.
Result<struct ::stat> look_at(const Place&, const Path& for_message);
/// Opens the leaf as a folder for reading. `refused` when it is none.
Result<Fd> open_folder(const Place&, const Path& for_message);
/// Opens the leaf with `flags` (O_NOFOLLOW, O_CLOEXEC, O_NONBLOCK are added). Only regular files get through.
Result<Fd> open_regular(const Place&, int flags, const Path& for_message);

}  // namespace update
