#include <fmt/format.h>

#include "os/rights_command.hpp"

namespace update::rights_command {
namespace {

// By number, since the names of these groups follow the language of the system.
constexpr const char *everything_of_folders = "*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F",
                     *everything = "*S-1-5-18:F *S-1-5-32-544:F", *users = "*S-1-5-32-545";

}  // namespace

std::string only_ours(const Path& folder) {
    return fmt::format("icacls \"{}\" /inheritance:r /grant:r {}", folder.string(), everything_of_folders);
}
std::string only_ours_file(const Path& file) {
    return fmt::format("icacls \"{}\" /inheritance:r /grant:r {}", file.string(), everything);
}
std::string nobody_else_writes(const Path& path) {
    return fmt::format("icacls \"{}\" /inheritance:r /grant:r {} {}:RX", path.string(), everything, users);
}
std::string executable(const Path& path) {
    return fmt::format("icacls \"{}\" /grant {}:RX", path.string(), users);
}
std::string owner_is_this_account(const Path& path) {
    return fmt::format("icacls \"{}\" /setowner *S-1-5-32-544", path.string());
}

}  // namespace update::rights_command
