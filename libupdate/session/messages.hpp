// The messages of docs/protocol.md as values. Outcomes travel as JSON text: this module carries them, others
// give them their meaning (<update/outcome.hpp>).
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include <update/selection.hpp>

#include "session/secret.hpp"

namespace update::session {

inline constexpr int protocol = 1;
inline constexpr std::size_t message_max_bytes = 256 * 1024;

struct Auth {
    int protocol = session::protocol;
    std::string agent_id;
    Secret key;
    std::string version;
    std::string build_id;                          ///< unique per process start
    std::map<std::string, std::string> artifacts;  ///< install path -> sha256 in hex
    std::string open_update;                       ///< update under trial, or ""
    bool operator==(const Auth&) const = default;
};
struct AuthAck {
    std::int64_t server_time_unix_ms = 0;
    bool confirms_updates = false;  ///< false: a server from before `update_confirmed`; it will never confirm
    std::string update_confirmed;   ///< "" when nothing is confirmed
    bool operator==(const AuthAck&) const = default;
};
struct AuthReject {
    std::string reason;
    bool operator==(const AuthReject&) const = default;
};
/// An absent field stays as it is.
struct ConfigUpdate {
    std::optional<bool> auto_update;
    std::optional<std::chrono::seconds> heartbeat;  ///< 1 s .. 1 day
    bool operator==(const ConfigUpdate&) const = default;
};
struct Heartbeat {
    std::string build_id, version;
    bool operator==(const Heartbeat&) const = default;
};
struct HeartbeatAck {
    bool operator==(const HeartbeatAck&) const = default;
};
/// What to install is what the publisher signed; a server only selects.
struct Offer {
    Selection selection;
    bool operator==(const Offer&) const = default;
};
struct ProgressReport {
    std::string update_id, state;
    std::uint64_t bytes = 0, total = 0;
    bool operator==(const ProgressReport&) const = default;
};
struct OutcomeReport {
    std::string outcome_json;
    bool operator==(const OutcomeReport&) const = default;
};
struct OutcomeAck {
    std::string update_id;
    bool operator==(const OutcomeAck&) const = default;
};

using Message = std::variant<Auth, AuthAck, AuthReject, ConfigUpdate, Heartbeat, HeartbeatAck, Offer,
                             ProgressReport, OutcomeReport, OutcomeAck>;

/// The body of `POST /api/alerts`.
struct Alert {
    std::string agent_id;
    std::string kind;     ///< one word for machines: "held", "needs-repair", ...
    std::string message;  ///< for people; never contains secrets
    std::int64_t at_unix_ms = 0;
    bool operator==(const Alert&) const = default;
};

}  // namespace update::session
