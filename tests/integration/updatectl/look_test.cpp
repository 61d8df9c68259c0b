// Commands that only look, and input that is wrong.
#include <filesystem>
#include <unistd.h>

#include "operator.hpp"

using namespace update;
using namespace update::test;

namespace {
const Overrides with_pin{{"policy.pin", R"("1.1.0")"}, {"trial.commit_on", R"("ready")"}};
}

TEST_CASE("status comes from the watchdog, and from the journal when none answers") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    REQUIRE(op.run(op.apply("1.1.0", "agent-1.1")).code == 0);
    const Answer with_watchdog = op.run({"status", "--json"});
    INFO(with_watchdog.output);
    CHECK(with_watchdog.code == 0);
    CHECK(with_watchdog.json()["watchdog_version"] == "1.0.0");
    CHECK(with_watchdog.json()["programs"][0]["running"] == true);
    CHECK(with_watchdog.json()["last"]["ending"] == "committed");

    endpoint.watchdog().stop();
    const Answer alone = op.run({"status", "--json"});
    INFO(alone.output);
    CHECK(alone.code == 0);
    CHECK(alone.json()["watchdog_version"].is_null());
    CHECK(alone.json()["programs"][0]["running"] == false);
    CHECK(alone.json()["last"]["to_version"] == "1.1.0");
    CHECK(contains(op.run({"status"}).output, "this is from the journal"));
}

TEST_CASE("history tells the steps of the update that was asked for") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    REQUIRE(op.run(op.apply("1.1.0", "agent-1.1")).code == 0);
    const auto id = endpoint.record()->update_id;
    const auto lines = op.run({"history", "--json", "--update", id}).json();
    REQUIRE(lines.is_array());
    CHECK(lines.size() > 10);
    CHECK(lines.front()["event"] == "begin");
    CHECK(lines.back()["state"] == "committed");
    CHECK(op.run({"history", "--json", "--lines", "3"}).json().size() == 3);
    CHECK(op.run({"history", "--json", "--update", "no-such-update"}).json().empty());
}

TEST_CASE("explain names the reason, in words and for machines") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    CHECK(contains(op.run({"explain"}).output, "No update was ever begun here"));
    endpoint.start_watchdog();
    REQUIRE(op.run(op.apply("1.2.0", "agent-1.2-crashes")).code == 4);
    const Answer words = op.run({"explain"});
    INFO(words.output);
    CHECK(words.code == 0);
    CHECK(contains(words.output, "ended: rolled-back"));
    CHECK(contains(words.output, "\"crashed\""));
    CHECK(contains(words.output, "signal 6"));
    CHECK(contains(words.output, "Version 1.2.0 is quarantined until"));
    CHECK_FALSE(contains(words.output, "was refused"));
    const auto json = op.run({"explain", "--json"}).json();
    CHECK(json["running_version"] == "1.0.0");
    CHECK(json["update"]["reason"] == "crashed");
    CHECK(json["history"].size() > 3);

    CHECK(op.run(op.apply("0.9.0", "agent-1.1")).code == 3);
    const Answer refused = op.run({"explain"});
    CHECK_MESSAGE(contains(refused.output, "an update was refused: selection: agent 0.9.0: it is older"),
                  refused.output);
}

TEST_CASE("explain shows the whole decision: channel, trust, releases and what stands in their way") {
    Server server;
    Endpoint endpoint{server, with_pin};
    Operator op{endpoint};
    const Answer before = op.run({"explain"});
    CHECK_MESSAGE(contains(before.output, "No signed metadata was fetched yet"), before.output);
    repository::PublishWish wish;
    wish.product = "agent";
    wish.channel = "stable";
    repository::ArtifactWish agent{built_version("agent-1.1"), {}};
    agent.artifact.role = Role::agent;
    agent.artifact.install_path = "bin/agent";
    for (const char* version : {"1.1.0", "1.3.0"}) {
        wish.version = version;
        server.publish(wish, {agent});
    }
    endpoint.start_watchdog();
    const Answer refused = op.run({"apply", "--version", "1.3.0"});
    CHECK_MESSAGE(refused.code == 3, refused.output);
    const Answer words = op.run({"explain"});
    INFO(words.output);
    CHECK(contains(words.output, "Releases are those of channel stable (by default)"));
    CHECK(contains(words.output, "timestamp 3 expires in 6 days"));
    CHECK(contains(words.output, "1.3.0 (epoch 0): 1.1.0 is pinned"));
    CHECK(contains(words.output, "1.1.0 (epoch 0): would be installed"));
    const auto decision = op.run({"explain", "--json"}).json()["decision"];
    CHECK(decision["trust"].size() == 4);
    CHECK(decision["releases"][1]["taken"] == true);
    CHECK(decision["pin"] == "1.1.0");
}

TEST_CASE("check says what stands in the way, and is exit code 8") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["watchdog"])"}}};
    Operator op{endpoint};
    const Answer ran = op.run({"check", "--json", "--from", "2.0.0", "--version", "1.1.0", "--artifact",
                               "agent:bin/agent=" + built_version("agent-1.1").string()});
    INFO(ran.output);
    CHECK(ran.code == 8);
    CHECK(ran.json()["findings"][0]["check"] == "policy");
    CHECK(contains(ran.json()["findings"][0]["what"], "is not newer than 2.0.0"));
    CHECK(ran.json()["findings"][1]["check"] == "preflight");
    CHECK(contains(ran.json()["findings"][1]["cure"], "start the watchdog"));
    CHECK_FALSE(std::filesystem::exists(endpoint.state_dir()));
}

TEST_CASE("wrong input is exit code 2, and says what is wrong and how to write it") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    const std::string file = built_version("agent-1.1");
    struct Wrong {
        std::vector<std::string> arguments;
        std::string what, cure;
    };
    const auto artifact = [](const std::string& text) {
        return std::vector<std::string>{"apply", "--from", "1.0.0", "--version", "1.1.0", "--artifact", text};
    };
    for (const Wrong& wrong : {
             Wrong{{"no-such-command"}, "subcommand is required", "--help"},
             Wrong{{"apply"}, "which version runs now is not known", "--from"},
             Wrong{{"apply", "--artifact", "agent:bin/agent=" + file}, "--version", "--help"},
             Wrong{artifact("nonsense"), "nonsense: is no artifact", "write ROLE:INSTALL_PATH"},
             Wrong{artifact("boss:bin/agent=" + file), "the role is none of", "write ROLE"},
             Wrong{artifact("agent:bin/agent=/no/such/file"), "/no/such/file", "give a file that exists"},
             Wrong{artifact("agent:../agent=" + file), "install_path", ""},
             Wrong{artifact("agent:bin/agent=https://127.0.0.1/a"), "https://127.0.0.1/a",
                   "give a file that exists"},
             Wrong{artifact("agent:bin/agent=" + file + ",sha256=12"), "64 hexadecimal digits", "write ROLE"},
             Wrong{{"apply", "--version", "1.1.0", "--artifact", "agent:bin/agent=" + file},
                   "which version runs now is not known",
                   "--from"},
             Wrong{{"apply", "--plan", "/no/such/plan"}, "/no/such/plan", "give a file that exists"},
             Wrong{{"config", "set"}, "nothing to set", "--interval"},
             Wrong{{"config", "set", "--interval", "1"}, "--interval", "5"},
         }) {
        const Answer ran = op.run(wrong.arguments);
        INFO(ran.output);
        CHECK(ran.code == 2);
        CHECK(contains(ran.output, wrong.what));
        CHECK(contains(ran.output, wrong.cure));
    }
}

TEST_CASE("a configuration that cannot be read is exit code 2, with file, line and cure") {
    Server server;
    Endpoint endpoint{server};
    Operator op{endpoint};
    write_file(endpoint.config(), "instal_root = \"/opt\"\n");
    const Answer ran = op.run({"status"});
    INFO(ran.output);
    CHECK(ran.code == 2);
    CHECK(contains(ran.output, "update.toml:1: instal_root"));
    CHECK(contains(ran.output, "did you mean install_root?"));
}

TEST_CASE("an account that may not read the state is told so, by every command that needs it") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can become another account");
        return;
    }
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    std::filesystem::permissions(endpoint.folder(), std::filesystem::perms{0755});
    const std::filesystem::path program =
        endpoint.folder() / "updatectl";  // its own folder may be closed, too
    std::filesystem::copy_file(op.program(), program);
    for (const std::string command : {"explain", "history", "cancel", "rollback", "hold"}) {
        const auto output = endpoint.folder() / "output";
        std::filesystem::remove(output);
        Process other{{"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program,
                       command, "--config", endpoint.config()},
                      output};
        CHECK(other.wait() == 3);
        CHECK_MESSAGE(contains(read_file(output), "run as root, or as the account that owns"),
                      read_file(output));
    }
}

TEST_CASE("every command explains itself with examples") {
    Server server;
    Endpoint endpoint{server};
    Operator op{endpoint};
    for (const std::vector<std::string>& command : {std::vector<std::string>{},
                                                    {"status"},
                                                    {"apply"},
                                                    {"check"},
                                                    {"history"},
                                                    {"rollback"},
                                                    {"cancel"},
                                                    {"quarantine", "list"},
                                                    {"quarantine", "clear"},
                                                    {"doctor"},
                                                    {"explain"},
                                                    {"hold"},
                                                    {"release"},
                                                    {"restart"},
                                                    {"config", "set"}}) {
        auto help = command;
        help.emplace_back("--help");
        const Answer ran = op.run(help);
        INFO(ran.output);
        CHECK(ran.code == 0);
        CHECK(contains(ran.output, "Examples:\n  updatectl " + (command.empty() ? "" : command.front())));
    }
}
