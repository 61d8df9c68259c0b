// Paths as Windows writes them. What is the same everywhere is tested with those of Linux.
#include <doctest/doctest.h>

#include "settings/settings_toml.hpp"

using namespace update;

namespace {

/// In single quotes, as people write such paths: TOML leaves what is between them alone.
Result<Settings> with(const std::string& root, const std::string& state,
                      const std::string& program = "agent.exe") {
    return parse_settings("install_root = '" + root + "'\nstate_dir = '" + state +
                              "'\nprograms = [{ path = '" + program + "' }]\n",
                          "u.toml");
}
std::string error_of(const Result<Settings>& settings) {
    return settings ? std::string{} : settings.error().message();
}

}  // namespace

TEST_CASE("folders are given with a drive, and either slash") {
    for (const std::string root :
         {"C:\\Program Files\\Acme", "C:/Program Files/Acme", "C:\\Program Files\\x\\..\\Acme\\"}) {
        CAPTURE(root);
        const auto settings = with(root, "D:\\state");
        REQUIRE_MESSAGE(settings, error_of(settings));
        CHECK(settings->install_root.filename() == "Acme");
        CHECK(settings->install_root.is_absolute());
    }
}

TEST_CASE("a path that depends on the current folder or drive is refused, and so is another machine's") {
    for (const std::string root :
         {"Acme", "C:Acme", "C:", "\\Acme", "/opt/acme", "\\\\server\\share\\Acme"}) {
        CAPTURE(root);
        CHECK(error_of(with(root, "D:\\state")).find("install_root: is not an absolute path") !=
              std::string::npos);
    }
}

TEST_CASE("the root of a volume is no folder for a product") {
    for (const std::string root : {"C:\\", "C:\\x\\.."}) {
        CAPTURE(root);
        CHECK(error_of(with(root, "D:\\state")).find("is the root of a volume") != std::string::npos);
    }
}

TEST_CASE("state and programs lie in folders of their own, however those are written") {
    for (const std::string state : {"C:\\Acme", "C:/Acme/", "C:\\x\\..\\Acme", "c:\\ACME"}) {
        CAPTURE(state);
        CHECK(error_of(with("C:\\Acme", state)).find("state_dir: is the same folder") != std::string::npos);
    }
}

TEST_CASE("a program lies below install_root, and is called as no device") {
    CHECK(with("C:\\Acme", "C:\\state", "bin/agent.exe"));
    for (const std::string program : {"C:\\agent.exe", "bin\\agent.exe", "../agent.exe", "agent.exe:stream",
                                      "nul", "bin/COM1.exe", "agent.exe."}) {
        CAPTURE(program);
        CHECK(error_of(with("C:\\Acme", "C:\\state", program)) != "");
    }
}
