// Settings that stand in a file, and what they say of its folder.
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "settings/settings_toml.hpp"
#include "support/temp_folder.hpp"

using namespace update;

namespace {

const std::string minimal = R"(install_root = "/opt/agent"
state_dir = "/var/lib/agent"
[[programs]]
path = "bin/agent"
)";

}  // namespace

TEST_CASE("a file is read as its text is, and named in errors") {
    const test::TempFolder folder;
    const auto file = folder.path() / "a.toml";
    std::ofstream{file} << minimal;
    CHECK(load_settings(file));
    std::ofstream{file} << minimal << "x = 1\n";
    const auto result = load_settings(file);
    REQUIRE_FALSE(result);
    CHECK(result.error().message().starts_with(file.string() + ":5: programs.x: "));
}

TEST_CASE("a file that is not there, is none, or is huge, is told apart") {
    const test::TempFolder folder;
    const auto missing = load_settings(folder.path() / "none.toml");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == ErrorCode::not_found);
    const auto directory = load_settings(folder.path());
    REQUIRE_FALSE(directory);
    CHECK(directory.error().code() == ErrorCode::refused);
    std::ofstream{folder.path() / "huge.toml"} << std::string(256 * 1024 + 1, '#');
    const auto huge = load_settings(folder.path() / "huge.toml");
    REQUIRE_FALSE(huge);
    CHECK(huge.error().message().find("larger than 256 KiB") != std::string::npos);
}

TEST_CASE("${config_dir} in any text is the folder of the file, whatever signs it has") {
    const auto settings = parse_settings(R"(install_root = "/opt/agent"
state_dir = '${config_dir}/state'
[[programs]]
path = "bin/agent"
arguments = ["--config", "${config_dir}/a.toml", "${config_dir}:${config_dir}", "${other}"]
)",
                                         "u.toml", "/my \"data\" \\ ${config_dir}");
    REQUIRE_MESSAGE(settings, settings.error().message());
    CHECK(settings->state_dir == std::filesystem::path{"/my \"data\" \\ ${config_dir}/state"});
    const std::string dir = "/my \"data\" \\ ${config_dir}";
    CHECK(settings->programs.at(0).arguments ==
          std::vector<std::string>{"--config", dir + "/a.toml", dir + ":" + dir, "${other}"});
}

TEST_CASE("a file that is loaded knows its own folder") {
    const test::TempFolder folder;
    const auto file = folder.path() / "u.toml";
    std::ofstream{file} << "install_root = \"/opt/agent\"\nstate_dir = '${config_dir}/state'\n"
                           "[[programs]]\npath = \"bin/agent\"\n";
    const auto settings = load_settings(file);
    REQUIRE_MESSAGE(settings, settings.error().message());
    CHECK(settings->state_dir == folder.path() / "state");
}
