#include "session/session_state.hpp"

#include <limits>

namespace update::session {
namespace {

constexpr unsigned silent_heartbeats_max = 3;

void apply(SessionState& state, const AuthAck& ack) {
    state.phase = Phase::online;
    state.failures = 0;
    state.rejected = false;
    state.confirms_updates = ack.confirms_updates;
}
void apply(SessionState& state, const AuthReject&) { state.rejected = true; }
void apply(SessionState& state, const ConfigUpdate& config) {
    if (config.auto_update) state.auto_update = *config.auto_update;
    if (config.heartbeat) state.heartbeat = *config.heartbeat;
}
void apply(SessionState& state, const HeartbeatAck&) { state.heartbeats_acked = true; }
template <class Other>
void apply(SessionState&, const Other&) {}

}  // namespace

SessionState connected(SessionState state) {
    state.phase = Phase::authenticating;
    state.rejected = false;
    state.heartbeats_acked = false;
    state.unanswered = 0;
    return state;
}

SessionState received(SessionState state, const Message& message) {
    if (state.phase == Phase::offline) return state;  // a late message of a connection that is gone
    state.unanswered = 0;
    std::visit([&](const auto& m) { apply(state, m); }, message);
    return state;
}

SessionState heartbeat_sent(SessionState state) {
    ++state.unanswered;
    return state;
}

SessionState lost(SessionState state) {
    if (state.failures < std::numeric_limits<unsigned>::max()) ++state.failures;
    state.phase = Phase::offline;
    state.unanswered = 0;
    return state;
}

bool looks_dead(const SessionState& state) {
    return state.phase == Phase::online && state.heartbeats_acked &&
           state.unanswered >= silent_heartbeats_max;
}

std::chrono::milliseconds next_wait(const SessionState& state, const Reconnect& policy,
                                    std::uint64_t random) {
    if (!state.rejected) return backoff(policy, state.failures, random);
    const auto half = policy.max / 2;
    return half + std::chrono::milliseconds{static_cast<std::int64_t>(
                      random % (static_cast<std::uint64_t>((policy.max - half).count()) + 1))};
}

}  // namespace update::session
