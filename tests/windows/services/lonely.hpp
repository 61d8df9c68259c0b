// An agent that offers itself, over http, a release that the test has published; and what its service does
// meanwhile.
#pragma once
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <set>

#include <update/selection.hpp>

#include "compose/publishing.hpp"
#include "os/processes.hpp"
#include "os/registry.hpp"
#include "os/security.hpp"
#include "service/scm_command_line.hpp"
#include "windows/services/endpoint.hpp"
#include "windows/services/folder_server.hpp"

namespace update::test {

namespace fs = std::filesystem;

inline std::string literal(const fs::path& path) { return '\'' + path.string() + '\''; }

/// An agent without a watchdog, which may only use one route.
struct Lonely : Endpoint {
    Lonely(const char* new_version, const char* route, const char* commit_on = "ready") {
        publish(fs::path{PROGRAMS} / new_version);
        fs::copy_file(fs::path{PROGRAMS} / "offering_agent_1.0.exe", settings().install_root / "agent.exe",
                      fs::copy_options::overwrite_existing);
        settings().programs.front().arguments = {"--config", (folder() / "update.toml").string()};
        std::ofstream{folder() / "update.toml"} << fmt::format(
            "product = \"{}\"\ninstall_root = {}\nstate_dir = {}\nroutes = [\"{}\"]\n"
            "restarted_on_failure = true\n[transfer]\nallow_http = true\n[trust]\nroot = {}\n"
            "repositories = [{{ metadata = \"{}/metadata\", targets = \"{}/targets\" }}]\n[service]\nmanager "
            "= \"scm\"\n"
            "[trial]\ncommit_on = \"{}\"\n[[programs]]\nname = \"agent\"\npath = \"agent.exe\"\n"
            "arguments = [\"--config\", {}]\n",
            settings().product, literal(settings().install_root), literal(settings().state_dir), route,
            literal(releases() / "public/metadata/1.root.json"), origin.url(), origin.url(), commit_on,
            literal(folder() / "update.toml"));
        std::ofstream{folder() / "offer.json"}
            << to_json(Selection{"one", settings().product, "stable", "1.1.0"});
        create();
    }
    ~Lonely() {
        if (const auto key = RegistryKey::open("SOFTWARE\\" + settings().product))
            (void)RegistryKey::remove("SOFTWARE\\" + settings().product);
    }
    std::string version() {
        const auto key = RegistryKey::open("SOFTWARE\\" + settings().product);
        return key ? key->read("Version").value_or(std::nullopt).value_or("") : "";
    }
    std::string log() {
        std::ifstream file{folder() / "update.toml.log"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    /// What the agent's server says once it has authenticated it: the update that it confirms, or "nothing".
    /// Returns when the agent knows.
    void acknowledge(const char* update) {
        std::ofstream{folder() / "acknowledged.part"} << update;
        REQUIRE(eventually([&] {
            std::error_code read_just_now;
            fs::rename(folder() / "acknowledged.part", folder() / "acknowledged", read_just_now);
            return !read_just_now;
        }));
        REQUIRE(
            eventually([&] { return log().find(fmt::format("told {}\n", update)) != std::string::npos; }));
    }
    /// What the SCM does after the second failure and each later one.
    int recover() {
        const auto words = words_of_command_line(wanted().recovery.command);
        const auto ran = make_processes()->run(
            {words.front(), {words.begin() + 1, words.end()}, std::chrono::seconds{60}});
        REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().message()));
        return ran->exit.value;
    }
    bool ended() {
        const fs::path outcomes = settings().state_dir / "outcomes";
        return fs::exists(outcomes / "one.json");
    }
    std::string outcome() {
        std::ifstream file{settings().state_dir / "outcomes" / "one.json"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    /// What lies where the programs are, without the guard and the watchdog's place-holder: names, one blank
    /// between.
    std::string programs() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator{folder() / "with space"})
            names.insert(entry.path().filename().string());
        names.erase(".guard-agent.exe");
        names.erase("watchdog.exe");
        return fmt::format("{}", fmt::join(names, " "));
    }

    fs::path releases() const { return folder() / "releases"; }
    void publish(const fs::path& program) {
        PublishingTools tools;
        auto publisher = repository::Publisher::open(tools.publisher_ports(), releases(), [] {
            return Result<std::string>{std::string{"passphrase of a test"}};
        });
        REQUIRE_MESSAGE(publisher, (publisher ? "" : publisher.error().message()));
        repository::ArtifactWish agent{program, {}};
        agent.artifact.role = Role::agent;
        agent.artifact.install_path = "agent.exe";
        agent.artifact.self_test = true;
        repository::PublishWish wish;
        wish.product = settings().product;
        wish.version = "1.1.0";
        wish.channel = "stable";
        auto made = (*publisher)->init({});
        if (made) made = (*publisher)->add(wish.product, wish.version, {agent});
        REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
        const auto published = (*publisher)->publish(wish);
        REQUIRE_MESSAGE(published, (published ? "" : published.error().message()));
    }

    FolderServer origin{releases() / "public"};
};

}  // namespace update::test
