// Private to os/: one connection of a local client to this server. Nothing here ever blocks.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "os/event_loop.hpp"
#include "os/peer.hpp"

namespace update {

class LocalConnection {
 public:
    using Interest = EventLoop::Interest;
    struct System;
    LocalConnection(std::unique_ptr<System>, Peer);
    LocalConnection(LocalConnection&&) noexcept;
    LocalConnection& operator=(LocalConnection&&) = delete;
    ~LocalConnection();

    const Peer& peer() const { return peer_; }
    /// Calls back while it is readable; `loop` outlives it. @return `retry_later` when the loop is full
    Status follow(EventLoop& loop, std::function<void(Ready)> callback);
    /// What to call back for from now on.
    void want(Interest);
    /// Nothing calls back any more.
    void forget();
    /// As the destructor does. What `write` took still reaches the client.
    void close();

    /// @return bytes read, 0 at the client's end; `retry_later` when nothing is there yet; else it is broken
    Result<std::size_t> read(std::span<char> into);
    /// @return how many bytes were taken; `retry_later` when the client must take some first: then offer the
    ///         same bytes again; else it is broken
    Result<std::size_t> write(std::string_view bytes);

 private:
    std::unique_ptr<System> system_;
    Peer peer_;
};

}  // namespace update
