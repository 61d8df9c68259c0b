// Agent 1.0.0 and the watchdog of this build as an installation lays them down, and updatectl as an
// administrator calls it.
#pragma once
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "os/processes.hpp"
#include "os/registry.hpp"
#include "windows/services/endpoint.hpp"

namespace update::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline std::string literal(const fs::path& path) { return '\'' + path.string() + '\''; }

/// Nobody needs a server to commit.
class Product : public Endpoint {
 public:
    static constexpr const char* server = "server_url = \"wss://localhost:1/agent\"";
    explicit Product(const std::string& server_line = server) {
        fs::copy_file(settings().install_root / "agent.exe", folder() / "probe.exe");
        install_program("agent-1.0.exe", "agent.exe");
        install_program("watchdog-1.0.exe", "watchdog.exe");
        settings().watchdog_path = "watchdog.exe";
        std::ofstream{config()} << fmt::format(
            "product = \"{}\"\ninstall_root = {}\nstate_dir = {}\nkey_file = {}\nwatchdog_path = "
            "\"watchdog.exe\"\n"
            "agent_id = \"probe\"\n{}\n"
            "[trust]\nmode = \"unsigned\"\n\n[service]\nmanager = \"scm\"\n\n[trial]\ncommit_on = "
            "\"ready\"\nready_timeout = \"60s\"\n\n"
            "[[programs]]\nname = \"agent\"\npath = \"agent.exe\"\narguments = [\"--config\", {}]\n",
            settings().product, literal(settings().install_root), literal(settings().state_dir),
            literal(key()), server_line, literal(config()));
        std::ofstream{key()} << "secret of the probe\n";
    }
    ~Product() { (void)control({"service", "remove", "--purge"}); }

    fs::path config() const { return folder() / "update.toml"; }
    fs::path key() const { return folder() / "agent.key"; }

    static fs::path built(const char* name) { return fs::path{PROGRAMS} / name; }
    void install_program(const char* from, const char* as) {
        fs::copy_file(built(from), settings().install_root / as, fs::copy_options::overwrite_existing);
    }

    struct Answer {
        int code;
        std::string output;
        nlohmann::json json() const {
            const auto begin = output.rfind("\n{");
            return nlohmann::json::parse(begin == std::string::npos ? output : output.substr(begin), nullptr,
                                         false);
        }
    };
    Answer control(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--config", config().string()});
        const auto ran = make_processes()->run({UPDATECTL, arguments, 120s});
        REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().message()));
        return {ran->exit.value, ran->output};
    }
    void install() {
        const Answer installed = control({"service", "install"});
        REQUIRE_MESSAGE(installed.code == 0, installed.output);
        REQUIRE(runs(agent()));
        REQUIRE(runs(watchdog()));
    }
    static std::string item(const char* role, const char* name, const char* program) {
        return fmt::format("{}:{}={},self-test", role, name, built(program).string());
    }
    Answer update_to(const char* version, const std::vector<std::string>& items) {
        std::vector<std::string> arguments{"apply", "--json", "--from", "1.0.0", "--version", version};
        for (const std::string& one : items) arguments.insert(arguments.end(), {"--artifact", one});
        return control(std::move(arguments));
    }
    Answer update_to_1_1() { return update_to("1.1.0", {item("agent", "agent.exe", "agent-1.1.exe")}); }
    static bool same_content(const fs::path& one, const fs::path& other) {
        std::ifstream a{one, std::ios::binary}, b{other, std::ios::binary};
        return std::string{std::istreambuf_iterator<char>{a}, {}} ==
               std::string{std::istreambuf_iterator<char>{b}, {}};
    }
    bool runs(const std::string& service) {
        return eventually([&] {
            const auto now = scm().state(service);
            return now && now->phase == ScmPhase::running;
        });
    }
    bool has_nothing_but_programs() {
        std::set<std::string> left;
        for (const auto& entry : fs::directory_iterator{settings().install_root})
            left.insert(entry.path().filename().string());
        CHECK(left == std::set<std::string>{"agent.exe", "watchdog.exe"});
        CHECK_FALSE(RegistryKey::open("SOFTWARE\\" + settings().product));
        for (const fs::path& path : {settings().state_dir, key(), config()})
            CHECK_FALSE_MESSAGE(fs::exists(path), path.string());
        return !scm().state(agent()) && !scm().state(watchdog());
    }
    std::string published(const char* value) {
        const auto key = RegistryKey::open("SOFTWARE\\" + settings().product);
        if (!key) return "";
        return key->read(value).value_or(std::nullopt).value_or("");
    }
};

}  // namespace update::test
