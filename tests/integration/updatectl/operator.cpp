#include "operator.hpp"

#include <fmt/format.h>
#include <map>
#include <sstream>

namespace update::test {

namespace fs = std::filesystem;

nlohmann::json Answer::json() const {
    std::istringstream lines{output};
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return nlohmann::json::parse(last, nullptr, false);
}

void Operator::begin(std::vector<std::string> arguments) {
    output_ = endpoint_.folder() / fmt::format("updatectl.{}", ++runs_);
    arguments.insert(arguments.begin(), UPDATECTL);
    arguments.insert(arguments.begin(), endpoint_.before().begin(), endpoint_.before().end());
    arguments.insert(arguments.end(), {"--config", endpoint_.config()});
    process_ = std::make_unique<Process>(arguments, output_);
}

Answer Operator::end() {
    await(
        "updatectl ends", 60s, [this] { return !process_->running(); },
        [this] { return read_file(output_) + endpoint_.logs(); });
    return {process_->wait().value_or(-1), read_file(output_)};
}

Answer Operator::run(std::vector<std::string> arguments) {
    begin(std::move(arguments));
    return end();
}

std::vector<std::string> Operator::apply(const std::string& version, const std::string& version_name) const {
    const std::string channel = endpoint_.publish(version, {agent_item(version_name)});
    return {"apply", "--from", "1.0.0", "--version", version, "--channel", channel};
}

std::vector<std::string> Operator::apply_without_self_test(const std::string& version,
                                                           const std::string& version_name) const {
    const std::string channel =
        endpoint_.publish(version, {{.source = built_version(version_name), .self_test = false}});
    return {"apply", "--from", "1.0.0", "--version", version, "--channel", channel};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string tree_of(const fs::path& folder) {
    std::map<std::string, std::string> entries;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        const auto status = entry.symlink_status();
        std::string line = fmt::format("{:o}", static_cast<unsigned>(status.permissions()));
        if (fs::is_regular_file(status))
            line +=
                fmt::format(" {} {}", entry.file_size(), std::hash<std::string>{}(read_file(entry.path())));
        entries[entry.path().string()] = line;
    }
    std::string text;
    for (const auto& [path, line] : entries) text += path + " " + line + "\n";
    return text;
}

}  // namespace update::test
