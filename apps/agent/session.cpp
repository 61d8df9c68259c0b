#include "session.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "key_file.hpp"
#include "os/random.hpp"
#include "session/codec.hpp"

using namespace update;
using namespace std::chrono_literals;

Session::Session(const Settings& settings, const Identity& identity, Updater& updater,
                 std::function<void(std::string_view)> log)
    : settings_{settings},
      identity_{identity},
      updater_{updater},
      log_{std::move(log)},
      link_{{.on_message =
                 [this](std::string text) {
                     const std::lock_guard lock{mutex_};
                     inbox_.push_back(std::move(text));
                     changed_.notify_all();
                 },
             .on_closed =
                 [this](const std::string&) {
                     const std::lock_guard lock{mutex_};
                     closed_ = true;
                     changed_.notify_all();
                 }}},
      thread_{[this] { run(); }} {}

Session::~Session() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    (void)link_.close(0ms);  // a connect that still waits for the server ends now
    thread_.join();
}

void Session::report_progress(const std::string& update_id, std::string_view state, std::uint64_t bytes,
                              std::uint64_t total) {
    const std::lock_guard lock{mutex_};
    progress_ = session::ProgressReport{update_id, std::string{state}, bytes, total};
    changed_.notify_all();
}

void Session::report_outcomes() {
    const std::lock_guard lock{mutex_};
    outcomes_wanted_ = true;
    changed_.notify_all();
}

/// Until something happened, or the time is over. @return false when the session has to end
bool Session::wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, time, [this] {
        return stopping_ || closed_ || !inbox_.empty() || outcomes_wanted_ || progress_;
    });
    return !stopping_;
}

void Session::run() {
    const auto random = make_random();
    while (wait_for(0ms)) {
        const auto proxy = session::proxy_for(settings_.server_url, settings_.transfer.proxy,
                                              session::ProxyEnvironment::read());
        if (auto connected = link_.connect(settings_.server_url, settings_.transfer.ca_file,
                                           ControlLink::connect_timeout, proxy);
            connected) {
            live_through_one_connection();
            (void)link_.close(2s);
        } else {
            log_(connected.error().message());
        }
        updater_.session(false);
        state_ = session::lost(state_);
        const auto wait = session::next_wait(state_, reconnect_, random->below(~0ULL));
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, wait, [this] { return stopping_; });
        if (stopping_) return;
        inbox_.clear();
        closed_ = false;
    }
}

void Session::live_through_one_connection() {
    state_ = session::connected(state_);
    authenticate();
    auto next_beat = std::chrono::steady_clock::now() + state_.heartbeat;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(next_beat - std::chrono::steady_clock::now());
        if (!wait_for(std::max(left, milliseconds{0}))) return;
        std::deque<std::string> messages;
        std::optional<session::ProgressReport> progress;
        bool outcomes = false, closed = false;
        {
            const std::lock_guard lock{mutex_};
            messages.swap(inbox_);
            progress.swap(progress_);
            outcomes = std::exchange(outcomes_wanted_, false);
            closed = closed_;
        }
        for (const std::string& text : messages) handle(text);
        // The server may have asked for a shorter period just now.
        next_beat = std::min(next_beat, std::chrono::steady_clock::now() + state_.heartbeat);
        if (closed || session::looks_dead(state_)) return;
        if (state_.phase != session::Phase::online) {
            if (std::chrono::steady_clock::now() >= next_beat) return;  // never answered our authentication
            continue;
        }
        if (progress) send(*progress);
        if (outcomes) send_outcomes();
        if (std::chrono::steady_clock::now() < next_beat) continue;
        send(session::Heartbeat{identity_.build_id, identity_.version});
        state_ = session::heartbeat_sent(state_);
        updater_.session(true);
        next_beat = std::chrono::steady_clock::now() + state_.heartbeat;
    }
}

session::Secret Session::key() const { return session::Secret{read_key(settings_)}; }

void Session::authenticate() {
    session::Auth auth;
    auth.agent_id = settings_.agent_id;
    auth.key = key();
    auth.version = identity_.version;
    auth.build_id = identity_.build_id;
    auth.artifacts = updater_.installed();
    auth.open_update = updater_.open_update();
    send(auth);
}

void Session::send(const session::Message& message) {
    const auto text = session::encode(message);
    const Status sent = text ? link_.send(*text) : Status{text.error()};
    if (!sent) log_(sent.error().message());
}

void Session::send_outcomes() {
    for (const Outcome& outcome : updater_.outcomes()) send(session::OutcomeReport{to_json(outcome)});
}

void Session::handle(const std::string& text) {
    const auto message = session::decode(text);
    if (!message) return log_(message.error().message());
    state_ = session::received(state_, *message);
    std::visit(
        [this](const auto& m) {
            if constexpr (requires { handle(m); }) handle(m);
        },
        *message);
}

void Session::handle(const session::AuthAck& ack) {
    log_(fmt::format("session stands{}",
                     ack.update_confirmed.empty() ? "" : ", update confirmed: " + ack.update_confirmed));
    updater_.authenticated(ack.confirms_updates, ack.update_confirmed);
    send_outcomes();
}

void Session::handle(const session::AuthReject& reject) {
    log_("the server rejects this agent: " + reject.reason);
}

void Session::handle(const session::Offer& offer) {
    if (!state_.auto_update) return;
    if (auto taken = updater_.offer(offer.selection); !taken) refuse(offer.selection, taken.error());
}

/// The server hears it at once, or it would offer the same for ever. Nothing is kept: an offer that comes
/// again is answered again.
void Session::refuse(const Selection& selection, const Error& why) {
    log_("offer: " + why.message());
    Outcome outcome;
    outcome.update_id = selection.update_id;
    outcome.reason = Reason::refused;
    outcome.message = "offer: " + why.message();
    outcome.from_version = identity_.version;
    outcome.to_version = selection.version;
    send(session::OutcomeReport{to_json(outcome)});
}

void Session::handle(const session::OutcomeAck& ack) {
    if (auto delivered = updater_.outcome_delivered(ack.update_id); !delivered)
        log_(delivered.error().message());
}
