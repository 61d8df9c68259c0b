#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "settings/keys.hpp"
#include "settings/settings_toml.hpp"

using namespace update;

namespace {

std::vector<std::string> example_lines() {
    std::ifstream file{EXAMPLE_FILE};
    REQUIRE(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

bool is_comment(const std::string& line) { return line.starts_with("# "); }
bool is_assignment(const std::string& line) {
    return !line.starts_with("#") && line.find(" = ") != std::string::npos;
}

/// The keys of the file by its own lines, without the parser that is under test: "section.key".
std::set<std::string> example_keys() {
    std::set<std::string> keys;
    std::string section;
    for (const std::string& line : example_lines()) {
        if (line.starts_with("["))
            section =
                line.substr(line.find_first_not_of('['), line.find(']') - line.find_first_not_of('[')) + ".";
        else if (is_assignment(line))
            keys.insert(section + line.substr(0, line.find(' ')));
    }
    return keys;
}

}  // namespace

TEST_CASE("the example file has every key that the loader knows, and no other") {
    std::set<std::string> known;
    for (const auto& key : setting_keys()) known.emplace(key.name);
    for (const auto& key : program_keys()) known.insert("programs." + std::string{key.name});
    CHECK(example_keys() == known);
}

TEST_CASE("the loader's table names no key twice") {
    std::set<std::string_view> names;
    for (const auto& key : setting_keys()) CHECK(names.insert(key.name).second);
}

TEST_CASE("every key of the example file is explained in the line above it") {
    const auto lines = example_lines();
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (!is_assignment(lines[i])) continue;
        CAPTURE(lines[i]);
        CHECK(is_comment(lines[i - 1]));
    }
}

TEST_CASE("the example file loads, and its values are the defaults but for the required ones") {
    const auto loaded = load_settings(EXAMPLE_FILE);
    REQUIRE_MESSAGE(loaded, loaded.error().message());
    Settings defaults;
    defaults.install_root = "/opt/agent";
    defaults.state_dir = "/var/lib/agent-update";
    defaults.programs.at(0).path = "bin/agent";
    defaults.file = loaded->file;
    CHECK(*loaded == defaults);
}
