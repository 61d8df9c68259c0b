// The server's part in a trial: late, away, or too old to say anything.
#include "os/clock.hpp"
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

bool has_lasted(const Endpoint& endpoint, State state, std::chrono::milliseconds time) {
    const auto record = endpoint.record();
    if (!record || record->progress.state != state) return false;
    return make_clock()->now() >= Instant{AwakeClock::duration{record->entered.us}} + time;
}

void await_outage_noticed(Endpoint& endpoint) {
    await(
        "the agent notices that the server is away", 20s,
        [&] { return read_file(endpoint.folder() / "log").find("agent: connect") != std::string::npos; },
        [&] { return endpoint.logs(); });
}

void commit_late(const std::string& route) {
    Server server;
    HeldUpdate held{
        server, "1.1.0", "agent-1.1", {{"routes", "[\"" + route + "\"]"}, {"trial.ack_timeout", R"("20s")"}}};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    server.freeze();
    held.gate.open();
    await(
        "the new version has waited for its acknowledgement", 20s,
        [&] { return has_lasted(endpoint, State::awaiting_ack, 3s); }, [&] { return endpoint.logs(); });
    server.thaw();
    const Outcome end = endpoint.end_of(id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.reason == Reason::none);
    CHECK(end.duration_ms > 3'000);
    check_facts(end, "1.0.0", "1.1.0");
    CHECK(name(end.route) == route);
    CHECK(*end.downtime_us < 3'000'000);  // it worked all the time that it waited
    check_nothing_left(endpoint, {"bin/gate"});
}

void commit_unconfirmed(const std::string& route) {
    Server server{{"--older-protocol"}};
    Endpoint endpoint{server, {{"routes", "[\"" + route + "\"]"}}};
    endpoint.start_watchdog();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1"));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.reason == Reason::unconfirmed);
    CHECK(name(end.route) == route);
    check_facts(end, "1.0.0", "1.1.0");
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"previous", "previous/0", "previous/plan.json"});
    CHECK(read_file(endpoint.layout().previous() / "0") == read_file(built_version("agent-1.0")));
}

}  // namespace

TEST_CASE("an acknowledgement that comes late but within the limit commits the update") {
    commit_late("watchdog");
}

TEST_CASE("by self-update, an acknowledgement that comes late but within the limit commits the update") {
    commit_late("self-update");
}

TEST_CASE("by exit code, an acknowledgement that comes late but within the limit commits the update") {
    commit_late("exit-code");
}

TEST_CASE("a server that has been away since before the update is no reason to roll back") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1", {{"trial.ack_timeout", R"("1500ms")"}}};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    server.kill_hard();
    await_outage_noticed(endpoint);
    held.gate.open();
    await(
        "the ack limit has passed twice", 20s,
        [&] {
            const auto record = endpoint.record();
            return record && record->outage_extensions >= 2;
        },
        [&] { return endpoint.logs(); });
    CHECK(endpoint.record()->progress.state == State::awaiting_ack);
    server.start();
    const Outcome end = endpoint.end_of(id, 90s);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.reason == Reason::none);
    check_facts(end, "1.0.0", "1.1.0");
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"bin/gate"});
}

TEST_CASE("a server that goes down during the update: the network is to blame, not the version") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1", {{"trial.ack_timeout", R"("2500ms")"}}};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    server.freeze();  // the session of the old version stands until the hand-over
    held.gate.open();
    endpoint.await_state(State::awaiting_ack);
    server.kill_hard();
    const Outcome filed = endpoint.filed_end_of(id);
    {
        CAPTURE(endpoint.logs());
        CHECK(filed.ending == Ending::rolled_back);
        CHECK(filed.reason == Reason::network);
        check_facts(filed, "1.0.0", "1.1.0");
        CHECK_FALSE(is_quarantined(endpoint, "1.1.0"));
    }
    server.start();
    CHECK(endpoint.end_of(id, 90s) == filed);
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);

    const Outcome again = endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1"));
    CHECK(again.ending == Ending::committed);
}

TEST_CASE("a server too old to confirm: committed, and the previous version is kept") {
    commit_unconfirmed("watchdog");
}

TEST_CASE("by self-update, a server too old to confirm: committed, and the previous version is kept") {
    commit_unconfirmed("self-update");
}

TEST_CASE("by exit code, a server too old to confirm: committed, and the previous version is kept") {
    commit_unconfirmed("exit-code");
}
