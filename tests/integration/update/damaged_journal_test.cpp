// The journal is damaged while nobody runs: every program starts all the same.
#include <csignal>

#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

/// Watchdog and agent die while the update is held before its hand-over.
void lose_programs(Endpoint& endpoint) {
    const pid_t agent = endpoint.pid_of(Endpoint::Who::agent);
    REQUIRE(agent > 0);
    endpoint.watchdog().kill_hard();
    REQUIRE(::kill(agent, SIGKILL) == 0);
    await("the agent has ended", 10s, [&] { return endpoint.pid_of(Endpoint::Who::agent) < 0; });
    std::filesystem::remove(endpoint.folder() / "gate.reached");  // the next self-test reaches it again
}

unsigned newest_slot(const Endpoint& endpoint) {
    const auto holds_it = [&](unsigned slot) {
        const std::string begin = "UPDJ1 " + std::to_string(endpoint.record()->generation) + " ";
        return read_file(endpoint.layout().journal_slot(slot)).starts_with(begin);
    };
    REQUIRE(holds_it(0) != holds_it(1));
    return holds_it(0) ? 0 : 1;
}

void damage(const Endpoint& endpoint, unsigned slot) {
    std::string bytes = read_file(endpoint.layout().journal_slot(slot));
    REQUIRE_FALSE(bytes.empty());
    for (char& byte : bytes) byte = static_cast<char>(byte ^ 0x55);
    write_file(endpoint.layout().journal_slot(slot), bytes);
}

}  // namespace

TEST_CASE("with the newest journal record damaged, the update goes on from the one before") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1"};
    Endpoint& endpoint = held.endpoint;
    lose_programs(endpoint);
    REQUIRE(endpoint.record()->progress.state == State::self_testing);
    damage(endpoint, newest_slot(endpoint));
    REQUIRE(endpoint.record().has_value());
    REQUIRE(endpoint.record()->progress.state == State::staging);
    endpoint.start_watchdog();
    held.gate.open();
    const Outcome end = endpoint.end_of(held.id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"bin/gate"});
}

TEST_CASE("with both journal records damaged, nothing is in progress, and the next update works") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1"};
    Endpoint& endpoint = held.endpoint;
    lose_programs(endpoint);
    damage(endpoint, 0);
    damage(endpoint, 1);
    REQUIRE_FALSE(endpoint.record().has_value());
    endpoint.start_watchdog();  // and the agent has its session
    held.gate.open();           // the server offers again what has no outcome
    const Outcome end = endpoint.end_of(held.id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"bin/gate"});
}
