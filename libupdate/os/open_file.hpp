// Private to os/, Windows: an open regular file.
#pragma once
#include "os/files.hpp"
#include "os/place.hpp"

namespace update {

/// Only regular files get through.
Result<std::unique_ptr<File>> open_file(const Path&, OpenMode);

/// Owner, group, access list and attributes of `from` onto `to`, read back and compared. `to` needs
/// WRITE_DAC, and WRITE_OWNER where the owner differs.
Status copy_properties(const Handle& from, const Handle& to);

}  // namespace update
