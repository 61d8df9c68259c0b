#include "command_line.hpp"

namespace update::conformance {
namespace {

bool set_option(CommandLine& line, const std::string& option, const std::string& value) {
    if (option == "--target-name") {
        line.target_names.push_back(value);
        return true;
    }
    std::string* into = option == "--metadata-dir"      ? &line.metadata_dir
                        : option == "--metadata-url"    ? &line.metadata_url
                        : option == "--target-dir"      ? &line.target_dir
                        : option == "--target-base-url" ? &line.target_base_url
                                                        : nullptr;
    if (into != nullptr) *into = value;
    return into != nullptr;
}

bool is_complete(const CommandLine& line) {
    if (line.metadata_dir.empty()) return false;
    if (line.command == "init") return !line.root_file.empty();
    if (line.metadata_url.empty()) return false;
    if (line.command == "refresh") return true;
    return line.command == "download" && !line.target_names.empty() && !line.target_dir.empty() &&
           !line.target_base_url.empty();
}

}  // namespace

std::optional<CommandLine> parse_command_line(const std::vector<std::string>& words) {
    CommandLine line;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (word.starts_with("--")) {
            const auto equals = word.find('=');
            const bool joined = equals != std::string::npos;
            if (!joined && i + 1 == words.size()) return std::nullopt;
            const auto value = joined ? word.substr(equals + 1) : words[++i];
            if (!set_option(line, word.substr(0, equals), value)) return std::nullopt;
        } else if (line.command.empty()) {
            line.command = word;
        } else if (line.command == "init" && line.root_file.empty()) {
            line.root_file = word;
        } else {
            return std::nullopt;
        }
    }
    return is_complete(line) ? std::optional{line} : std::nullopt;
}

}  // namespace update::conformance
