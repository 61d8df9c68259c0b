#include <fmt/format.h>

#include "session/codec.hpp"

namespace update::session {
namespace {

// Peers choose these texts: control characters would let them write lines of their own into the log.
std::string printable(const std::string& text) {
    std::string safe = text.substr(0, 200);
    for (char& c : safe)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return safe;
}

struct Describer {
    std::string operator()(const Auth& m) const {
        return fmt::format("auth agent={} version={} build={} artifacts={} open_update={} key=(hidden)",
                           printable(m.agent_id), printable(m.version), printable(m.build_id),
                           m.artifacts.size(), m.open_update.empty() ? "none" : printable(m.open_update));
    }
    std::string operator()(const AuthAck& m) const {
        if (!m.confirms_updates) return "auth_ack (server confirms no updates)";
        return fmt::format("auth_ack update_confirmed={}",
                           m.update_confirmed.empty() ? "none" : printable(m.update_confirmed));
    }
    std::string operator()(const AuthReject& m) const {
        return fmt::format("auth_reject: {}", printable(m.reason));
    }
    std::string operator()(const ConfigUpdate& m) const {
        return fmt::format("config_update auto_update={} heartbeat={}",
                           !m.auto_update ? "unchanged" : (*m.auto_update ? "yes" : "no"),
                           m.heartbeat ? fmt::format("{} s", m.heartbeat->count()) : "unchanged");
    }
    std::string operator()(const Heartbeat& m) const {
        return fmt::format("heartbeat build={} version={}", printable(m.build_id), printable(m.version));
    }
    std::string operator()(const HeartbeatAck&) const { return "heartbeat_ack"; }
    std::string operator()(const Offer& m) const {
        const Selection& s = m.selection;
        return fmt::format("offer {}: {} {} on {}", printable(s.update_id), printable(s.product),
                           printable(s.version), s.channel.empty() ? "its channel" : printable(s.channel));
    }
    std::string operator()(const ProgressReport& m) const {
        return fmt::format("progress {} {} {}/{}", printable(m.update_id), printable(m.state), m.bytes,
                           m.total);
    }
    std::string operator()(const OutcomeReport& m) const {
        return fmt::format("outcome ({} bytes)", m.outcome_json.size());
    }
    std::string operator()(const OutcomeAck& m) const {
        return fmt::format("outcome_ack {}", printable(m.update_id));
    }
};

}  // namespace

std::string describe(const Message& message) { return std::visit(Describer{}, message); }

}  // namespace update::session
