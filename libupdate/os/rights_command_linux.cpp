#include <fmt/format.h>
#include <unistd.h>

#include "os/rights_command.hpp"

namespace update::rights_command {

std::string only_ours(const Path& folder) { return fmt::format("chmod 0700 {}", folder.string()); }
std::string only_ours_file(const Path& file) { return fmt::format("chmod 0600 {}", file.string()); }
std::string nobody_else_writes(const Path& path) { return fmt::format("chmod go-w {}", path.string()); }
std::string executable(const Path& path) { return fmt::format("chmod u+x {}", path.string()); }
std::string owner_is_this_account(const Path& path) {
    return fmt::format("chown {} {}", ::geteuid(), path.string());
}

}  // namespace update::rights_command
