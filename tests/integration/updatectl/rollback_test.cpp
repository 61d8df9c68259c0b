// An operator wants the previous version back.
#include <filesystem>

#include "journal/outcome_file.hpp"
#include "operator.hpp"

using namespace update;
using namespace update::test;

namespace {

/// Runs 1.1.0, and has 1.0.0 kept.
struct Updated {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    Updated() {
        endpoint.start_watchdog();
        REQUIRE(op.run(op.apply("1.1.0", "agent-1.1")).code == 0);
    }
};

}  // namespace

TEST_CASE("rollback returns to the version that was kept, with and without a watchdog") {
    Updated world;
    Endpoint& endpoint = world.endpoint;
    Operator& op = world.op;
    const Answer back = op.run({"rollback", "--json"});
    INFO(back.output);
    CHECK(back.code == 0);
    CHECK(back.json()["outcome"]["to_version"] == "1.0.0");
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.0")));

    endpoint.watchdog().stop();
    const Answer forth = op.run({"rollback", "--json"});
    INFO(forth.output);
    CHECK(forth.code == 0);
    CHECK(forth.json()["outcome"]["route"] == "self-update");
    endpoint.await_session_of("1.1.0");
}

TEST_CASE("a roll-back that a watchdog promised and died over is carried out by the next one, once") {
    Updated world;
    Endpoint& endpoint = world.endpoint;
    endpoint.watchdog().stop();
    // As one leaves it that is killed between its promise and the first journal record.
    write_file(endpoint.layout().roll_back_request(), "rollback-promised");
    std::filesystem::create_directories(endpoint.layout().update("rollback-promised"));
    write_file(endpoint.layout().update("rollback-promised") / ".plan.json.tmp", "{");
    write_file(endpoint.layout().state_dir() / ".policy.json.tmp", "{");

    endpoint.start_watchdog_only();
    const Outcome outcome = endpoint.filed_end_of("rollback-promised");
    CHECK(outcome.ending == Ending::committed);
    CHECK(outcome.to_version == "1.0.0");
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.0")));

    // A request that outlived its update leads nowhere.
    endpoint.watchdog().stop();
    write_file(endpoint.layout().roll_back_request(), "rollback-promised");
    endpoint.start_watchdog();
    await("the request to be gone", 10s,
          [&] { return !std::filesystem::exists(endpoint.layout().roll_back_request()); });
    CHECK(endpoint.record()->update_id == "rollback-promised");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.0")));
    for (const std::string& left : endpoint.leftovers({"previous"}))
        CHECK_MESSAGE(left.starts_with("state/previous/"), left);
}

TEST_CASE("what a roll-back leaves that died before it was promised goes at the watchdog's next start") {
    Updated world;
    Endpoint& endpoint = world.endpoint;
    endpoint.watchdog().stop();
    const std::filesystem::path torn = endpoint.layout().state_dir() / ".roll-back.tmp",
                                folder = endpoint.layout().update("rollback-torn");
    write_file(torn, "rollb");
    std::filesystem::create_directories(folder);
    endpoint.start_watchdog();
    await("both to be gone", 10s,
          [&] { return !std::filesystem::exists(torn) && !std::filesystem::exists(folder); });
    CHECK(endpoint.record()->to_version == "1.1.0");
}

TEST_CASE("rollback where nothing was kept is refused, and says so") {
    Server server;
    Endpoint endpoint{server, {{"trial.commit_on", R"("ready")"}}};
    Operator op{endpoint};
    const Answer ran = op.run({"rollback"});
    CHECK(ran.code == 3);
    CHECK_MESSAGE(contains(ran.output, "no previous version is kept"), ran.output);
}

TEST_CASE("rollback within a trial reaches whoever applies the update, here a helper beside the watchdog") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}, {"trial.ready_timeout", R"("60s")"}}};
    Operator op{endpoint};
    endpoint.start_watchdog();
    endpoint.offer("1.2.0", {{.source = built_version("agent-1.2-hangs"), .self_test = false}});
    endpoint.await_state(State::awaiting_ready);
    const Answer back = op.run({"rollback", "--json"});
    INFO(back.output);
    CHECK(back.code == 0);
    CHECK(back.json()["outcome"]["ending"] == "rolled-back");
    CHECK(back.json()["outcome"]["route"] == "self-update");
    endpoint.await_session_of("1.0.0");
}
