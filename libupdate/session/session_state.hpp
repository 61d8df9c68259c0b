// What an agent knows of its session. Pure: each function takes what was and returns what is.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "session/messages.hpp"
#include "session/reconnect.hpp"

namespace update::session {

enum class Phase : std::uint8_t {
    offline,         ///< connect after `next_wait`
    authenticating,  ///< connected; `auth` was sent or is to be sent
    online,          ///< authenticated: heartbeats run, outcomes may be sent
};

struct SessionState {
    Phase phase = Phase::offline;
    unsigned failures = 0;    ///< in a row; only an `auth_ack` clears them, a mere TCP connection does not
    bool rejected = false;    ///< the last attempt ended with `auth_reject`
    bool auto_update = true;  ///< false: offers are not acted upon
    std::chrono::seconds heartbeat{30};
    bool confirms_updates = false;  ///< of the present server; false: it is older and will never confirm
    bool heartbeats_acked = false;  ///< this server answers heartbeats, so its silence means something
    unsigned unanswered = 0;        ///< heartbeats since the last message from the server
    bool operator==(const SessionState&) const = default;
};

SessionState connected(SessionState);
SessionState received(SessionState, const Message&);
SessionState heartbeat_sent(SessionState);
/// The connection ended, or could not be made.
SessionState lost(SessionState);

/// The server answered heartbeats before and has been silent for three of them: the connection is dead
/// although TCP has not noticed (it may take a quarter of an hour). Close it and reconnect. Always false for
/// servers that never answer.
bool looks_dead(const SessionState&);

/// How long to wait before the next attempt. A rejected agent waits within the upper half of the longest
/// wait: only an operator can mend its key.
/// @param random  uniform over all 64-bit values, drawn anew for each call
std::chrono::milliseconds next_wait(const SessionState&, const Reconnect&, std::uint64_t random);

}  // namespace update::session
