// Updates that an operator starts, and the exit codes that scripts see.
#include <csignal>
#include <filesystem>
#include <fmt/format.h>

#include "operator.hpp"

using namespace update;
using namespace update::test;

namespace {

std::string state_seen(const Answer& ran) { return ran.output; }

void check_committed(const Answer& ran, const std::string& route) {
    INFO(ran.output);
    CHECK(ran.code == 0);
    const auto result = ran.json();
    REQUIRE(result.is_object());
    CHECK(result["exit"] == "ok");
    CHECK(result["outcome"]["ending"] == "committed");
    CHECK(result["outcome"]["route"] == route);
    CHECK(result["update_id"].get<std::string>().starts_with("cli-"));
}

/// An operator's update that is in its download, and another operator.
struct SlowDownload {
    Server server;
    Endpoint endpoint{server, slow};
    Operator op{endpoint}, other{endpoint};
    SlowDownload() {
        endpoint.start_watchdog();
        op.begin(op.apply_without_self_test("1.1.0", "agent-1.1"));
        endpoint.await_state(State::downloading);
    }
};

std::vector<std::string> with_json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    return arguments;
}

}  // namespace

TEST_CASE("apply hands the update to the watchdog and waits until it is committed") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer ran = op.run(with_json(op.apply("1.1.0", "agent-1.1")));
    check_committed(ran, "watchdog");
    CHECK(endpoint.installed_version() == "1.1.0");
    endpoint.await_session_of("1.1.0");
    CHECK(endpoint.leftovers({"previous", "previous/0", "previous/plan.json"}).empty());
}

TEST_CASE("apply without a watchdog applies the update itself, and the new version runs on") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_agent();
    const Answer ran = op.run(with_json(op.apply("1.1.0", "agent-1.1")));
    check_committed(ran, "self-update");
    CHECK(endpoint.installed_version() == "1.1.0");
    endpoint.await_session_of("1.1.0");
    const std::filesystem::path fds{fmt::format("/proc/{}/fd", endpoint.pid_of(Endpoint::Who::agent))};
    for (const char* fd : {"1", "2"})  // it does not hold the operator's terminal
        CHECK(std::filesystem::read_symlink(fds / fd) == "/dev/null");
}

TEST_CASE("apply over HTTPS says what it does, in plain lines where there is no terminal") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer ran = op.run(op.apply_without_self_test("1.1.0", "agent-1.1"));
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(contains(state_seen(ran), "downloading"));
    CHECK(contains(state_seen(ran), "(100 %)"));
    CHECK(contains(state_seen(ran), "handed over to the watchdog"));
    CHECK(contains(state_seen(ran), "committed: 1.0.0 -> 1.1.0, by watchdog"));
    CHECK_FALSE(contains(ran.output, "\r"));
}

TEST_CASE("without a version apply takes the newest that policy allows") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const auto words = op.apply("1.1.0", "agent-1.1");
    const Answer ran = op.run({"apply", "--json", "--channel", words.back()});
    check_committed(ran, "watchdog");
    CHECK(ran.json()["outcome"]["to_version"] == "1.1.0");
}

TEST_CASE("a plan file of local files needs neither an id nor the version that runs") {
    Server server;
    Endpoint endpoint{server, unsigned_};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const auto file = built_version("agent-1.1");
    write_file(endpoint.folder() / "plan.json",
               nlohmann::json{{"version", "1.1.0"},
                              {"artifacts",
                               {{{"role", "agent"},
                                 {"install_path", "bin/agent"},
                                 {"size_bytes", std::filesystem::file_size(file)},
                                 {"sha256", to_hex(sha256_of(read_file(file)))},
                                 {"urls", {"file://" + file.string()}}}}}}
                   .dump());
    const Answer ran = op.run({"apply", "--json", "--plan", endpoint.folder() / "plan.json"});
    check_committed(ran, "watchdog");
    CHECK(ran.json()["outcome"]["from_version"] == "1.0.0");
}

TEST_CASE("local files that nobody signed are refused where trust is signed, and nothing begins") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer ran = op.run({"apply", "--version", "1.1.0", "--artifact",
                               "agent:bin/agent=" + built_version("agent-1.1").string()});
    CHECK_MESSAGE(ran.code == 3, ran.output);
    CHECK(contains(ran.output, "nobody signed it"));
    CHECK_FALSE(endpoint.record().has_value());
    CHECK(endpoint.leftovers().empty());
}

TEST_CASE("a version that is not among the signed ones is refused, and the message says so") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    auto words = op.apply("1.1.0", "agent-1.1");
    words[4] = "1.1.1";
    const Answer ran = op.run(words);
    CHECK_MESSAGE(ran.code == 3, ran.output);
    CHECK(contains(ran.output, "not among the signed releases"));
}

TEST_CASE("cancel ends a download, and apply says that it was cancelled") {
    Server server;
    Endpoint endpoint{server, slow};
    Operator op{endpoint}, other{endpoint};
    endpoint.start_watchdog();
    op.begin(with_json(op.apply_without_self_test("1.1.0", "agent-1.1")));
    endpoint.await_state(State::downloading);
    const Answer cancelled = other.run({"cancel"});
    INFO(cancelled.output);
    CHECK(cancelled.code == 0);
    const Answer ran = op.end();
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.json()["outcome"]["reason"] == "cancelled");
    CHECK(endpoint.installed_version() == "1.0.0");
    CHECK(endpoint.leftovers({"cancel"}).empty());
}

TEST_CASE("Ctrl-C during the preparation cancels cleanly") {
    Server server;
    Endpoint endpoint{server, slow};
    Operator op{endpoint};
    endpoint.start_watchdog();
    op.begin(with_json(op.apply_without_self_test("1.1.0", "agent-1.1")));
    endpoint.await_state(State::downloading);
    op.process().signal(SIGINT);
    const Answer ran = op.end();
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.json()["outcome"]["ending"] == "abandoned");
    CHECK(ran.json()["outcome"]["reason"] == "cancelled");
    CHECK(endpoint.leftovers({"cancel"}).empty());
}

TEST_CASE("Ctrl-C after the hand-over ends the watching only") {
    Server server;
    Endpoint endpoint{server, {{"trial.ready_timeout", R"("60s")"}, {"trial.commit_on", R"("ready")"}}};
    Operator op{endpoint};
    endpoint.start_watchdog();
    op.begin(op.apply("1.2.0", "agent-1.2-hangs"));
    endpoint.await_state(State::awaiting_ready);
    op.process().signal(SIGINT);
    const Answer ran = op.end();
    INFO(ran.output);
    CHECK(ran.code == 7);
    CHECK(contains(ran.output, "goes on without being watched"));
    CHECK(endpoint.record()->progress.state == State::awaiting_ready);

    const Answer back = op.run({"rollback", "--json"});
    INFO(back.output);
    CHECK(back.code == 0);
    CHECK(back.json()["outcome"]["ending"] == "rolled-back");
    endpoint.await_session_of("1.0.0");
}

TEST_CASE("rollback of an update that has not touched anything yet is refused, and the update goes on") {
    SlowDownload world;
    Endpoint& endpoint = world.endpoint;
    Operator &op = world.op, &other = world.other;
    const Answer back = other.run({"rollback"});
    CHECK_MESSAGE(back.code == 7, back.output);
    CHECK(contains(back.output, "is in progress (downloading)"));
    CHECK(endpoint.record()->progress.state == State::downloading);
    CHECK(other.run({"cancel"}).code == 0);
    CHECK(op.end().code == 1);
}

TEST_CASE("an update while another one is in progress is exit code 7, and touches neither") {
    SlowDownload world;
    Endpoint& endpoint = world.endpoint;
    Operator &op = world.op, &other = world.other;
    const auto id = endpoint.record()->update_id;
    const Answer second = other.run(other.apply("1.1.0", "agent-1.1"));
    CHECK_MESSAGE(second.code == 7, second.output);
    CHECK(endpoint.record()->update_id == id);
    CHECK(other.run({"cancel", id}).code == 0);
    CHECK(op.end().code == 1);
}

TEST_CASE("a download that its updatectl left behind dead is ended by cancel") {
    Server server;
    Endpoint endpoint{server, slow};
    Operator op{endpoint};
    op.begin(
        op.apply_without_self_test("1.1.0", "agent-1.1"));  // no agent, no watchdog: nobody goes on with it
    endpoint.await_state(State::downloading);
    op.process().kill_hard();
    const Answer ran = op.run({"cancel"});
    CHECK_MESSAGE(ran.code == 0, ran.output);
    CHECK(endpoint.record()->progress.state == State::abandoned);
    CHECK(endpoint.record()->reason == Reason::cancelled);
}

TEST_CASE("neither version runs: exit code 5") {
    Server server;
    Endpoint endpoint{server, unsigned_};
    Operator op{endpoint};
    std::filesystem::copy_file(built_version("agent-1.2-crashes"), endpoint.install_root() / "bin/agent",
                               std::filesystem::copy_options::overwrite_existing);
    const Answer ran = op.run(with_json({"apply", "--from", "1.1.0", "--version", "1.2.0", "--artifact",
                                         "agent:bin/agent=" + built_version("agent-1.2-crashes").string()}));
    INFO(ran.output);
    CHECK(ran.code == 5);
    CHECK(ran.json()["outcome"]["ending"] == "needs-repair");
}

TEST_CASE("bytes that are not the promised ones: exit code 1, with the reason") {
    Server server;
    Endpoint endpoint{server, unsigned_};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer ran =
        op.run(with_json({"apply", "--version", "1.1.0", "--artifact",
                          fmt::format("agent:bin/agent={},sha256={}", built_version("agent-1.1").string(),
                                      std::string(64, 'a'))}));
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.json()["outcome"]["reason"] == "corrupt");
}

TEST_CASE("nobody could restart the agent: exit code 3 before the first byte") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["watchdog"])"}}};
    Operator op{endpoint};
    const Answer ran = op.run(with_json(op.apply("1.1.0", "agent-1.1")));
    INFO(ran.output);
    CHECK(ran.code == 3);
    CHECK(ran.json()["outcome"]["reason"] == "no-route");
    CHECK(ran.json()["outcome"]["bytes"] == 0);
}
