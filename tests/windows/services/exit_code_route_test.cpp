// The exit-code route with the real service manager. Wine's never restarts a service, so the test plays the
// SCM's recovery: it looks that the end was told as a failure, which is what recovery fires on, and starts
// the service.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>

#include <update/selection.hpp>

#include "compose/publishing.hpp"
#include "os/processes.hpp"
#include "os/registry.hpp"
#include "os/security.hpp"
#include "service/scm_command_line.hpp"
#include "windows/services/endpoint.hpp"
#include "windows/services/folder_server.hpp"

using namespace update;
using namespace update::test;

namespace {

namespace fs = std::filesystem;

std::string literal(const fs::path& path) { return '\'' + path.string() + '\''; }

/// An agent without a watchdog, which may only use the exit-code route.
struct Lonely : Endpoint {
    explicit Lonely(const char* new_version) {
        publish(fs::path{PROGRAMS} / new_version);
        fs::copy_file(fs::path{PROGRAMS} / "offering_agent_1.0.exe", settings().install_root / "agent.exe",
                      fs::copy_options::overwrite_existing);
        settings().programs.front().arguments = {"--config", (folder() / "update.toml").string()};
        std::ofstream{folder() / "update.toml"} << fmt::format(
            "product = \"{}\"\ninstall_root = {}\nstate_dir = {}\nroutes = [\"exit-code\"]\n"
            "restarted_on_failure = true\n[transfer]\nallow_http = true\n[trust]\nroot = {}\n"
            "repositories = [{{ metadata = \"{}/metadata\", targets = \"{}/targets\" }}]\n[service]\nmanager "
            "= \"scm\"\n"
            "[trial]\ncommit_on = \"ready\"\n[[programs]]\nname = \"agent\"\npath = \"agent.exe\"\n"
            "arguments = [\"--config\", {}]\n",
            settings().product, literal(settings().install_root), literal(settings().state_dir),
            literal(releases() / "public/metadata/1.root.json"), origin.url(), origin.url(),
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

}  // namespace

TEST_CASE(
    "the agent swaps and ends as a failed service; once the manager starts it, the new version commits "
    "(I1)") {
    Lonely endpoint{"offering_agent_1.1.exe"};
    endpoint.start();
    REQUIRE_MESSAGE(endpoint.reaches(ScmPhase::stopped), endpoint.log());
    INFO(endpoint.log());
    CHECK(endpoint.state().error == 1066);  // ERROR_SERVICE_SPECIFIC_ERROR: what recovery fires on
    CHECK(endpoint.state().specific == 1);  // AgentExit::restart
    CHECK_FALSE(is_held(endpoint.state(), ScmStop::by_others));
    if (runs_under_wine())
        std::puts(
            "SKIPPED under Wine: that recovery acts: its service manager has none, and the test starts the "
            "service in its place");
    endpoint.start();
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.eventually([&] { return endpoint.version() == "1.1.0" && endpoint.ended(); }));
    CHECK(endpoint.outcome().find("committed") != std::string::npos);
    CHECK(endpoint.outcome().find("exit-code") != std::string::npos);
}

TEST_CASE("a new version that ends at each start is taken back, and the old one runs on") {
    Lonely endpoint{"offering_agent_crashes.exe"};
    endpoint.start();
    REQUIRE(endpoint.reaches(ScmPhase::stopped));
    if (runs_under_wine())
        std::puts(
            "SKIPPED under Wine: that recovery acts: its service manager has none, and the test runs the "
            "guard, as the recovery command does");
    for (int failures = 1; failures <= 6 && !endpoint.ended(); ++failures) {
        CHECK(endpoint.recover() == 0);
        CHECK(endpoint.eventually([&] { return endpoint.state().phase != ScmPhase::starting; }));
        if (!endpoint.ended())
            endpoint.eventually(
                [&] { return endpoint.state().phase == ScmPhase::stopped || endpoint.ended(); });
    }
    INFO(endpoint.log());
    CHECK(endpoint.eventually([&] { return endpoint.ended() && endpoint.version() == "1.0.0"; }));
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.outcome().find("rolled") != std::string::npos);
}
