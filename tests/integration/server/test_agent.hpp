#pragma once
#include <condition_variable>
#include <deque>
#include <doctest/doctest.h>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "net/control/session_cpprest.hpp"
#include "server_process.hpp"
#include "session/codec.hpp"

namespace server_test {

namespace session = update::session;

/// The agent's side: the real ControlLink, with what arrives kept in order.
class TestAgent {
 public:
    explicit TestAgent(const ServerProcess& server);

    void connect();
    void send(const session::Message&);
    /// Connects and authenticates. @return the answer
    session::AuthAck log_in(const session::Auth&);
    /// The next message of this type; those before it are skipped. Fails the test after ten seconds.
    template <class Wanted>
    Wanted next() {
        for (;;) {
            const auto message = take();
            REQUIRE_MESSAGE(message.has_value(), "nothing more arrived");
            if (const auto* wanted = std::get_if<Wanted>(&*message)) return *wanted;
        }
    }
    /// The next message of any type; nothing after ten seconds.
    std::optional<session::Message> take();
    /// Why the server or the network ended the connection; nothing after ten seconds.
    std::optional<std::string> wait_closed();
    bool was_told_of_the_end();
    /// Called for each message on the thread on which it arrives, before it can be taken.
    std::function<void(const session::Message&)> on_arrival;

    update::ControlLink& link() { return link_; }

 private:
    void arrived(const std::string& text);
    void closed(std::string reason);

    const ServerProcess& server_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<session::Message> messages_;
    std::optional<std::string> closed_;
    update::ControlLink link_;  // last: its handlers use what is above
};

session::Auth auth(const std::string& agent_id, const std::string& key, const std::string& version,
                   const std::string& open_update = {});

}  // namespace server_test
