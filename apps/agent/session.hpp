#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <update/updater.hpp>

#include "net/control/session_cpprest.hpp"
#include "session/messages.hpp"
#include "session/session_state.hpp"

/// The agent's session to the control server: connects, authenticates, beats, reconnects with jitter. It
/// carries what libupdate and the server have to tell each other; docs/protocol.md says how. One thread of
/// its own.
class Session {
 public:
    Session(const update::Settings&, const update::Identity&, update::Updater&,
            std::function<void(std::string_view)> log);
    ~Session();

    void report_progress(const std::string& update_id, std::string_view state, std::uint64_t bytes,
                         std::uint64_t total);
    void report_outcomes();  ///< any thread

 private:
    void run();
    void live_through_one_connection();
    void authenticate();
    void handle(const std::string& text);
    void handle(const update::session::AuthAck&);
    void handle(const update::session::AuthReject&);
    void handle(const update::session::Offer&);
    void refuse(const update::Selection&, const update::Error& why);
    void handle(const update::session::OutcomeAck&);
    void send(const update::session::Message&);
    void send_outcomes();
    bool wait_for(std::chrono::milliseconds);
    update::session::Secret key() const;

    const update::Settings& settings_;
    const update::Identity& identity_;
    update::Updater& updater_;
    const std::function<void(std::string_view)> log_;
    const update::session::Reconnect reconnect_;
    update::session::SessionState state_;

    std::mutex mutex_;  // guards the next five
    std::condition_variable changed_;
    std::deque<std::string> inbox_;
    bool closed_ = false, stopping_ = false, outcomes_wanted_ = false;
    std::optional<update::session::ProgressReport> progress_;

    update::ControlLink link_;
    std::thread thread_;
};
