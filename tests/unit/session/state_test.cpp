#include <doctest/doctest.h>

#include "session/session_state.hpp"

using namespace update::session;
using std::chrono::milliseconds;

namespace {
constexpr Reconnect policy{milliseconds{1'000}, milliseconds{60'000}};
SessionState online(SessionState state = {}) { return received(connected(state), AuthAck{0, true, ""}); }
}  // namespace

TEST_CASE("the bound of the wait doubles from the first to the longest and stays there") {
    CHECK(backoff_bound(policy, 0) == milliseconds{0});
    CHECK(backoff_bound(policy, 1) == milliseconds{1'000});
    CHECK(backoff_bound(policy, 2) == milliseconds{2'000});
    CHECK(backoff_bound(policy, 6) == milliseconds{32'000});
    CHECK(backoff_bound(policy, 7) == milliseconds{60'000});
    CHECK(backoff_bound(policy, 4'000'000'000u) == milliseconds{60'000});
}

TEST_CASE("the jitter spreads over the whole interval, both ends included") {
    CHECK(backoff(policy, 1, 0) == milliseconds{0});
    CHECK(backoff(policy, 1, 1'000) == milliseconds{1'000});
    CHECK(backoff(policy, 1, 1'001) == milliseconds{0});
    for (std::uint64_t random = 0; random < 100'000; random += 37)
        CHECK(backoff(policy, 3, random) <= milliseconds{4'000});
}

TEST_CASE("a connection that never authenticates does not reset the back-off") {
    SessionState state;
    for (int i = 0; i < 5; ++i) state = lost(connected(state));
    CHECK(state.failures == 5);
    CHECK(online(state).failures == 0);
}

TEST_CASE("a rejected agent waits at least half of the longest wait") {
    const SessionState state = lost(received(connected({}), AuthReject{"unknown key"}));
    CHECK(next_wait(state, policy, 0) == milliseconds{30'000});
    CHECK(next_wait(state, policy, 30'000) == milliseconds{60'000});
}

TEST_CASE("an accepted agent that loses its connection comes back soon, though it was rejected earlier") {
    const SessionState rejected = lost(received(connected({}), AuthReject{"unknown key"}));
    CHECK(next_wait(lost(online(rejected)), policy, 1'000) <= milliseconds{1'000});
}

TEST_CASE("three unanswered heartbeats mean a dead connection, if the server used to answer") {
    SessionState state = received(heartbeat_sent(online()), HeartbeatAck{});
    CHECK_FALSE(looks_dead(heartbeat_sent(heartbeat_sent(state))));
    CHECK(looks_dead(heartbeat_sent(heartbeat_sent(heartbeat_sent(state)))));
}

TEST_CASE("a server that never answers heartbeats is not taken for dead") {
    SessionState state = online();
    for (int i = 0; i < 100; ++i) state = heartbeat_sent(state);
    CHECK_FALSE(looks_dead(state));
}

TEST_CASE("any message from the server is a sign of life") {
    SessionState state = received(online(), HeartbeatAck{});
    state = heartbeat_sent(heartbeat_sent(state));
    CHECK(received(state, OutcomeAck{"u-1"}).unanswered == 0);
}

TEST_CASE("a policy update changes only the fields that it has") {
    const SessionState slow = received(online(), ConfigUpdate{std::nullopt, std::chrono::seconds{300}});
    CHECK(slow.auto_update);
    CHECK(slow.heartbeat == std::chrono::seconds{300});
    const SessionState off = received(slow, ConfigUpdate{false, std::nullopt});
    CHECK_FALSE(off.auto_update);
    CHECK(off.heartbeat == std::chrono::seconds{300});
}

TEST_CASE("a late message of a lost connection changes nothing") {
    const SessionState state = lost(online());
    CHECK(received(state, AuthAck{0, true, ""}) == state);
}

TEST_CASE("whether updates are confirmed is learned anew from each server") {
    const SessionState state = received(connected(lost(online())), AuthAck{0, false, ""});
    CHECK_FALSE(state.confirms_updates);
}
