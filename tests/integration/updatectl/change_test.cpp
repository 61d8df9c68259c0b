// What an operator changes beside updates.
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "operator.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a version that crashed is rolled back, listed, refused, cleared and allowed again") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const auto apply = op.apply("1.2.0", "agent-1.2-crashes");
    const Answer first = op.run(apply);
    CHECK_MESSAGE(first.code == 4, first.output);

    const Answer list = op.run({"quarantine", "list", "--json"});
    REQUIRE(list.code == 0);
    CHECK(list.json()["quarantine"][0]["version"] == "1.2.0");
    CHECK(list.json()["quarantine"][0]["reason"] == "crashed");

    const Answer again = op.run(apply);
    CHECK(again.code == 3);
    CHECK_MESSAGE(contains(again.output, "updatectl quarantine clear 1.2.0"), again.output);

    const Answer unknown = op.run({"quarantine", "clear", "7.7.7"});
    CHECK(unknown.code == 3);
    CHECK(contains(unknown.output, "updatectl quarantine list"));
    CHECK(op.run({"quarantine", "clear", "1.2.0"}).code == 0);
    CHECK(op.run({"quarantine", "list", "--json"}).json()["quarantine"].empty());
    auto dry = apply;
    dry.emplace_back("--dry-run");
    const Answer allowed = op.run(dry);
    CHECK_MESSAGE(allowed.code == 0, allowed.output);
}

TEST_CASE("what is held stays stopped under the watchdog until it is released") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer held = op.run({"hold"});
    CHECK_MESSAGE(held.code == 0, held.output);
    CHECK(endpoint.pid_of(Endpoint::Who::agent) < 0);

    const Answer restart = op.run({"restart"});
    CHECK_MESSAGE(restart.code == 3, restart.output);
    CHECK(contains(restart.output, "held"));
    CHECK(op.run({"config", "set", "--interval", "5"}).code == 0);  // makes the watchdog look at its programs
    CHECK(endpoint.pid_of(Endpoint::Who::agent) < 0);
    CHECK(contains(op.run({"status"}).output, "held"));

    CHECK(op.run({"release"}).code == 0);
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.pid_of(Endpoint::Who::agent) > 0);
}

TEST_CASE("restart gives the agent a new process") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const pid_t before = endpoint.pid_of(Endpoint::Who::agent);
    const Answer ran = op.run({"restart"});
    CHECK_MESSAGE(ran.code == 0, ran.output);
    await("another process", 10s, [&] {
        const pid_t now = endpoint.pid_of(Endpoint::Who::agent);
        return now > 0 && now != before;
    });
}

TEST_CASE("a watchdog that is disabled restarts nothing until it is enabled") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer off = op.run({"config", "set", "--enabled", "false"});
    CHECK_MESSAGE(off.code == 0, off.output);
    CHECK(contains(off.output, "enabled false"));
    REQUIRE(::kill(endpoint.pid_of(Endpoint::Who::agent), SIGKILL) == 0);
    await("the watchdog has seen the agent's end", 10s, [&] {
        return contains(endpoint.logs(), "starts again in") && endpoint.pid_of(Endpoint::Who::agent) < 0;
    });
    const Answer looks = op.run({"config", "set", "--interval", "9"});  // makes it look at its programs
    CHECK(contains(looks.output, "enabled false, interval 9 s"));
    CHECK(op.run({"status", "--json"}).json()["programs"][0]["running"] == false);

    const Answer on = op.run({"config", "set", "--enabled", "true"});
    CHECK(contains(on.output, "enabled true, interval 9 s"));
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.pid_of(Endpoint::Who::agent) > 0);
}

TEST_CASE("a further process is watched by name at run time: its end and its return are told") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const std::string name = fmt::format("nap{}", ::getpid());
    const auto program = endpoint.folder() / name;
    std::filesystem::copy_file("/usr/bin/sleep", program);
    auto nap = std::make_unique<Process>(std::vector<std::string>{program.string(), "3600"},
                                         endpoint.folder() / "nap.log");
    const Answer set = op.run({"config", "set", "--processes", name + ",sleepless"});
    CHECK_MESSAGE(set.code == 0, set.output);
    await("the one that does not run is told", 10s,
          [&] { return contains(endpoint.logs(), "no process sleepless runs"); });
    CHECK_FALSE(contains(endpoint.logs(), "no process " + name));
    nap.reset();
    CHECK(op.run({"config", "set", "--interval", "9"}).code == 0);  // makes it look
    await("its end is told", 10s, [&] { return contains(endpoint.logs(), "no process " + name + " runs"); });
}

TEST_CASE("what needs a watchdog is exit code 6 without one") {
    Server server;
    Endpoint endpoint{server};
    Operator op{endpoint};
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"restart"}, {"config", "set", "--interval", "9"}, {"status"}}) {
        const Answer ran = op.run(command);
        INFO(ran.output);
        CHECK(ran.code == 6);
        CHECK(contains(ran.output, "no watchdog answers"));
    }
}

TEST_CASE("a dry run changes nothing on disk") {
    Server server;
    Endpoint endpoint{server, unsigned_};
    Operator op{endpoint};
    endpoint.start_watchdog();
    REQUIRE(op.run(op.apply("1.1.0", "agent-1.1")).code == 0);
    REQUIRE(op.run({"apply", "--version", "1.2.0", "--artifact",
                    "agent:bin/agent=" + built_version("agent-1.2-crashes").string()})
                .code == 4);
    await("the server has every outcome", 20s, [&] { return endpoint.unconfirmed_outcomes().empty(); });
    endpoint.watchdog().stop();  // what runs writes by itself

    const std::string root = tree_of(endpoint.install_root()), state = tree_of(endpoint.state_dir());
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"apply", "--version", "1.3.0", "--artifact",
                                   "agent:bin/agent=" + built_version("agent-1.1").string()},
          op.apply("1.4.0", "agent-1.1"),
          {"rollback"},
          {"cancel"},
          {"quarantine", "clear"},
          {"quarantine", "clear", "1.2.0"},
          {"hold"},
          {"release"},
          {"restart"},
          {"config", "set", "--interval", "9"}}) {
        auto dry = command;
        dry.emplace_back("--dry-run");
        const Answer ran = op.run(dry);
        INFO(command.front(), ": ", ran.output);
        CHECK((ran.code == 0 || ran.code == 6));
        CHECK(tree_of(endpoint.install_root()) == root);
        CHECK(tree_of(endpoint.state_dir()) == state);
    }
    const Answer check = op.run({"check", "--version", "1.3.0", "--artifact",
                                 "agent:bin/agent=" + built_version("agent-1.1").string()});
    CHECK_MESSAGE(check.code == 0, check.output);
    CHECK(tree_of(endpoint.state_dir()) == state);
}
