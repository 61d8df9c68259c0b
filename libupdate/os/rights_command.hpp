// Commands that mend the rights of a file or folder, as an administrator types them on this system.
#pragma once
#include <string>

#include "ports/files.hpp"

namespace update::rights_command {

std::string only_ours(const Path& folder);
std::string only_ours_file(const Path& file);
std::string nobody_else_writes(const Path&);
std::string executable(const Path&);
std::string owner_is_this_account(const Path&);

}  // namespace update::rights_command
