// The server's side of docs/protocol.md: who is connected, and what is said to whom. Knows no network.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "store.hpp"

namespace control {

/// The other end of a connection. Thread-safe; both functions return at once.
class Peer {
 public:
    virtual ~Peer() = default;
    virtual void send(std::string text) = 0;
    /// Sends what was queued, then closes.
    virtual void close(std::string reason) = 0;
};

struct FleetOptions {
    bool older_protocol = false;  ///< behave like a server from before `update_confirmed` and `heartbeat_ack`
    std::chrono::seconds heartbeat{30};
};

/// What one connection has said of itself. Owned by the connection, used by one thread at a time.
struct Conversation {
    std::uint64_t number = 0;  ///< 0 until authenticated
    std::string agent_id, build_id, version;
    bool authenticated() const { return number != 0; }
};

/// Thread-safe, except that one Conversation is used by one thread at a time.
class Fleet {
 public:
    Fleet(Store& store, FleetOptions options) : store_{store}, options_{options} {}

    /// Handles one text message; answers through `peer`, closing it when the protocol is broken.
    void receive(Conversation&, const std::shared_ptr<Peer>& peer, const std::string& text);
    void gone(const Conversation&);
    /// Offers the agent's open update at once if it is connected.
    void push(const std::string& agent_id);
    bool connected(const std::string& agent_id) const;
    void close_all(const std::string& reason);

 private:
    struct Present {
        std::uint64_t number = 0;
        std::string version;
        std::weak_ptr<Peer> peer;
    };
    void on(Conversation&, const std::shared_ptr<Peer>&, const update::session::Auth&);
    void on(Conversation&, const std::shared_ptr<Peer>&, const update::session::Heartbeat&);
    void on(Conversation&, const std::shared_ptr<Peer>&, const update::session::ProgressReport&);
    void on(Conversation&, const std::shared_ptr<Peer>&, const update::session::OutcomeReport&);
    template <class Other>
    void on(Conversation&, const std::shared_ptr<Peer>&, const Other&) {
    }  // what only servers say means nothing here

    void join(Conversation&, const std::shared_ptr<Peer>&);
    bool is_present(const Conversation&) const;
    void offer(const std::string& agent_id, Peer&);

    Store& store_;
    const FleetOptions options_;
    mutable std::mutex mutex_;
    std::uint64_t last_number_ = 0;
    std::map<std::string, Present> present_;
};

}  // namespace control
