// Offers that come twice, at once, or of a version that has failed before; and outcomes that reach the
// server.
#include "ipc/message.hpp"
#include "os/ipc_client.hpp"
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

std::size_t times(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
}

std::size_t begins_of(const Endpoint& endpoint, const std::string& update_id) {
    std::istringstream lines{endpoint.history()};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);)
        count += times(line, update_id) > 0 && times(line, "\"begin\"") > 0;
    return count;
}

void check_refused(Endpoint& endpoint, const Outcome& end, const std::string& why) {
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::refused);
    CHECK(end.bytes == 0);
    CHECK_MESSAGE(end.message.find(why) != std::string::npos, end.message);
}

}  // namespace

TEST_CASE("two updates requested at once: one after the other, each with an end of its own") {
    Server server;
    Endpoint endpoint{server, with(by_watchdog, {{"trial.self_test_timeout", R"("30s")"}})};
    Gate gate{endpoint, "1.1.0"};
    endpoint.start_watchdog();
    const std::string first = endpoint.offer("1.1.0", {agent_item("agent-1.1"), gate.item()});
    const std::string second = endpoint.offer("1.1.0", {agent_item("agent-1.1")});
    gate.await_reached();

    ipc::Request other;
    other.type = ipc::Type::perform_update;
    other.update_id = second;
    const auto reply = ask(endpoint.layout().watchdog_socket(), other, 5s);
    REQUIRE(reply.has_value());
    CHECK_FALSE(reply->ok);
    CHECK(endpoint.record()->update_id == first);

    gate.open();
    const Outcome one = endpoint.end_of(first);
    CHECK(one.ending == Ending::committed);
    check_facts(one, "1.0.0", "1.1.0");
    check_refused(endpoint, endpoint.end_of(second), "runs already");
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"bin/gate"});
}

TEST_CASE("an offer that is repeated while it is worked on, and after its end, is one update") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1"};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    const auto seen = [&] { return endpoint.server().agent(endpoint.id())["last_seen_unix_ms"].get<long>(); };
    const long before = seen();
    await("two more heartbeats, each of which brings the offer again", 20s,
          [&] { return seen() >= before + 2'000; });
    held.gate.open();
    const Outcome end = endpoint.end_of(id);
    CHECK(end.ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"bin/gate"});
    CHECK(begins_of(endpoint, id) == 1);
}

TEST_CASE("a version that crashed is refused when it is offered again, with the reason") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    REQUIRE(endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-crashes")).reason == Reason::crashed);
    const std::string id = endpoint.offer_agent("1.2.0", "agent-1.2-crashes");
    const Outcome end = endpoint.end_of(id);
    check_refused(endpoint, end, "quarantined until");
    CHECK(end.message.find("crashed") != std::string::npos);
    CHECK(end.from_version == "1.0.0");
    CHECK(end.to_version == "1.2.0");
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
    CHECK(begins_of(endpoint, id) == 0);
    CHECK(is_quarantined(endpoint, "1.2.0"));
}

TEST_CASE("a version that is older than the one that runs is refused") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    check_refused(endpoint, endpoint.end_of(endpoint.offer_agent("0.9.0", "agent-1.1")), "older than");
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
}

TEST_CASE("an outcome that ended while the server was away is delivered when it is back, once") {
    Server server;
    HeldUpdate held{server, "1.2.0", "agent-1.2-crashes"};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    server.kill_hard();
    held.gate.open();
    const Outcome filed = endpoint.filed_end_of(id);
    CHECK(filed.reason == Reason::crashed);
    CHECK(endpoint.unconfirmed_outcomes().size() == 1);
    server.start();
    CHECK(endpoint.end_of(id, 90s) == filed);
    CHECK(server.update(id)["state"] == "ended");
    check_nothing_left(endpoint);
    CHECK(begins_of(endpoint, id) == 1);

    const long changed = server.update(id)["changed_at_unix_ms"];
    server.stop();  // and after one more session the server has heard nothing new
    server.start();
    endpoint.await_session_of("1.0.0", 60s);
    CHECK(server.update(id)["changed_at_unix_ms"] == changed);
    CHECK(endpoint.end_of(id) == filed);
}

TEST_CASE("an update that is cancelled before the hand-over is abandoned, and may be tried again") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1"};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    endpoint.cancel(id);
    held.gate.open();
    const Outcome end = endpoint.end_of(id);
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::cancelled);
    CHECK(end.route == Route::none);
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
    CHECK(endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1")).ending == Ending::committed);
}

TEST_CASE("an update that is cancelled within its trial is rolled back, and may be tried again") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1"};
    Endpoint& endpoint = held.endpoint;
    const std::string& id = held.id;
    server.freeze();
    held.gate.open();
    endpoint.await_state(State::awaiting_ack);
    endpoint.cancel(id);
    const Outcome filed = endpoint.filed_end_of(id);
    server.thaw();
    CHECK(filed.ending == Ending::rolled_back);
    CHECK(filed.reason == Reason::requested);
    check_facts(filed, "1.0.0", "1.1.0");
    CHECK(endpoint.end_of(id, 90s) == filed);
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
    CHECK(endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1")).ending == Ending::committed);
}

TEST_CASE("an offer that no agent may take is refused to the server's face, and the next one is taken") {
    Server server;
    Endpoint endpoint{server, with(by_watchdog, {{"policy.channel", R"("stable")"}})};
    endpoint.start_watchdog();
    const std::string refused = endpoint.offer_agent("1.1.0", "agent-1.1");
    check_refused(endpoint, endpoint.end_of(refused), "configured for stable");
    repository::PublishWish wish;
    wish.product = "agent";
    wish.version = "1.1.0";
    wish.channel = "stable";
    repository::ArtifactWish agent{built_version("agent-1.1"), {}};
    agent.artifact.role = Role::agent;
    agent.artifact.install_path = "bin/agent";
    server.publish(wish, {agent});
    CHECK(endpoint.end_of(server.select(endpoint.id(), "stable", "1.1.0")).ending == Ending::committed);
}
