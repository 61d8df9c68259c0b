// Private to os/: an open regular file.
#pragma once
#include "os/fd.hpp"
#include "os/files.hpp"

struct stat;

namespace update {

FileInfo to_info(const struct ::stat&);
std::unique_ptr<File> make_file(Fd, const Path& for_messages);
/// Owner, group, mode, ACL, labels and capabilities of the open file `from` onto the open file `to`.
Status copy_properties(int from, int to);

}  // namespace update
