#pragma once
#include <optional>
#include <string>
#include <vector>

namespace update::conformance {

struct CommandLine {
    std::string command;  ///< init, refresh or download
    std::string metadata_dir, metadata_url, target_dir, target_base_url, root_file;
    std::vector<std::string> target_names;
};

/// @return nothing when an option is unknown, has no value, or one that the command needs is missing
std::optional<CommandLine> parse_command_line(const std::vector<std::string>& words);

}  // namespace update::conformance
