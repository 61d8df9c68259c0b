#include "fleet.hpp"

#include <nlohmann/json.hpp>

#include "log.hpp"
#include "session/codec.hpp"

namespace control {

namespace session = update::session;

namespace {

void say(Peer& peer, const session::Message& message) {
    auto text = session::encode(message);
    if (!text) return log("cannot send {}: {}", session::describe(message), text.error().message());
    peer.send(std::move(*text));
}

}  // namespace

void Fleet::receive(Conversation& talk, const std::shared_ptr<Peer>& peer, const std::string& text) {
    const auto message = session::decode(text);
    if (!message) {
        if (message.error().code() == ErrorCode::unsupported) return;  // a newer agent's word
        return peer->close("not in the protocol");
    }
    if (talk.authenticated() == std::holds_alternative<session::Auth>(*message))
        return peer->close(talk.authenticated() ? "already authenticated" : "auth comes first");
    std::visit([&](const auto& known) { on(talk, peer, known); }, *message);
}

void Fleet::on(Conversation& talk, const std::shared_ptr<Peer>& peer, const session::Auth& auth) {
    log("{}", session::describe(auth));
    // The update is complete on disk before the agent hears of it: an agent that is confirmed throws its old
    // version away.
    const auto confirmed = store_.admit(auth);
    if (!confirmed) {
        log("agent {}: {}", auth.agent_id, confirmed.error().message());
        const bool wrong = confirmed.error().code() == ErrorCode::permission;
        if (wrong) say(*peer, session::AuthReject{"unknown agent or wrong key"});
        return peer->close(wrong ? "rejected" : "try again later");
    }
    talk.agent_id = auth.agent_id;
    talk.build_id = auth.build_id;
    talk.version = auth.version;
    if (options_.older_protocol)
        say(*peer, session::AuthAck{unix_ms_now(), false, ""});
    else
        say(*peer, session::AuthAck{unix_ms_now(), true, *confirmed});
    say(*peer, session::ConfigUpdate{true, options_.heartbeat});
    join(talk, peer);
    offer(talk.agent_id, *peer);
}

void Fleet::on(Conversation& talk, const std::shared_ptr<Peer>& peer, const session::Heartbeat& heartbeat) {
    if (heartbeat.build_id != talk.build_id || !is_present(talk)) {
        log("agent {}: late heartbeat of another process ignored", talk.agent_id);
        if (auto counted = store_.late_heartbeat(talk.agent_id); !counted)
            log("{}", counted.error().message());
        return;
    }
    if (auto noted = store_.heartbeat(talk.agent_id, heartbeat.version); !noted)
        log("{}", noted.error().message());
    if (!options_.older_protocol) say(*peer, session::HeartbeatAck{});
    offer(talk.agent_id, *peer);
}

void Fleet::on(Conversation& talk, const std::shared_ptr<Peer>&, const session::ProgressReport& report) {
    if (auto noted = store_.progress(talk.agent_id, report); !noted) log("{}", noted.error().message());
}

void Fleet::on(Conversation& talk, const std::shared_ptr<Peer>& peer, const session::OutcomeReport& report) {
    const auto outcome = nlohmann::json::parse(report.outcome_json, nullptr, false);
    const auto field = [&](const char* name) {
        const auto found = outcome.find(name);
        return found != outcome.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    const std::string update_id = field("update_id");
    if (!session::is_identifier(update_id)) return peer->close("outcome without update_id");
    if (auto stored = store_.outcome(talk.agent_id, update_id, field("to_version"), report.outcome_json);
        !stored)
        return log("agent {}: outcome not stored: {}", talk.agent_id,
                   stored.error().message());  // it comes again
    log("agent {}: update {} ended: {}", talk.agent_id, update_id, report.outcome_json.substr(0, 300));
    say(*peer, session::OutcomeAck{update_id});
    offer(talk.agent_id, *peer);
}

void Fleet::join(Conversation& talk, const std::shared_ptr<Peer>& peer) {
    std::shared_ptr<Peer> replaced;
    {
        const std::lock_guard lock{mutex_};
        talk.number = ++last_number_;
        Present& present = present_[talk.agent_id];
        replaced = present.peer.lock();
        present = {talk.number, talk.version, peer};
    }
    if (replaced) replaced->close("replaced by a newer session");
}

void Fleet::gone(const Conversation& talk) {
    const std::lock_guard lock{mutex_};
    const auto found = present_.find(talk.agent_id);
    if (found != present_.end() && found->second.number == talk.number) present_.erase(found);
}

bool Fleet::is_present(const Conversation& talk) const {
    const std::lock_guard lock{mutex_};
    const auto found = present_.find(talk.agent_id);
    return found != present_.end() && found->second.number == talk.number;
}

bool Fleet::connected(const std::string& agent_id) const {
    const std::lock_guard lock{mutex_};
    return present_.contains(agent_id);
}

void Fleet::push(const std::string& agent_id) {
    Present present;
    {
        const std::lock_guard lock{mutex_};
        const auto found = present_.find(agent_id);
        if (found == present_.end()) return;
        present = found->second;
    }
    if (const auto peer = present.peer.lock()) offer(agent_id, *peer);
}

void Fleet::close_all(const std::string& reason) {
    std::map<std::string, Present> all;
    {
        const std::lock_guard lock{mutex_};
        all = present_;
    }
    for (const auto& [agent_id, present] : all)
        if (const auto peer = present.peer.lock()) peer->close(reason);
}

void Fleet::offer(const std::string& agent_id, Peer& peer) {
    const auto open = store_.open_update(agent_id);
    if (!open) return log("agent {}: {}", agent_id, open.error().message());
    if (!*open) return;
    auto json = nlohmann::json::parse((*open)->selection_json, nullptr, false);
    if (json.is_object()) json["update_id"] = (*open)->update_id;
    const auto selection = update::parse_selection(json.dump());
    if (!selection) return log("update {}: {}", (*open)->update_id, selection.error().message());
    say(peer, session::Offer{*selection});
}

}  // namespace control
