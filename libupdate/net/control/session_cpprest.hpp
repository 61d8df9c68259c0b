// The WebSocket of the agent's session. cpprestsdk stays behind it.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "session/proxy.hpp"

namespace update {

/// One connection at a time to a control server; after it ended `connect` may be called again.
///
/// Threads: `connect`, `send` and `close` may be called from any thread, also from a handler. Handlers are
/// called on cpprestsdk's threads, one at a time per connection. They must return quickly (while one runs,
/// nothing else arrives) and must not throw. Nothing here throws. No message text appears in an error.
class ControlLink {
 public:
    struct Handlers {
        /// A text message; may arrive before `connect` has returned.
        std::function<void(std::string text)> on_message;
        /// The connection ended without `close`; called once for each successful `connect`, and last.
        std::function<void(std::string reason)> on_closed;
    };

    static constexpr std::chrono::milliseconds connect_timeout{15'000};

    explicit ControlLink(Handlers handlers);
    /// Closes with two seconds of patience.
    ~ControlLink();
    ControlLink(const ControlLink&) = delete;
    ControlLink& operator=(const ControlLink&) = delete;

    /// @param url      wss://host[:port]/path
    /// @param ca_file  PEM with further authorities beside those of the operating system; "" for none
    /// @param proxy    to go through
    /// @return `refused` for another scheme or an unusable CA file; `retry_later` for name, connection, TLS
    ///         (an untrusted certificate included) and upgrade trouble; `timed_out`; `cancelled` when another
    ///         thread called `close` meanwhile; `bug` when already connected.
    Status connect(const std::string& url, const std::string& ca_file,
                   std::chrono::milliseconds timeout = connect_timeout,
                   const std::optional<session::Proxy>& proxy = {});

    /// Hands one text frame over for sending and does not wait for it. Order is kept.
    /// @return `retry_later` when not connected, `refused` for an empty text or one above 256 KiB.
    Status send(const std::string& text);

    /// Ends the connection. When it returns success from outside of a handler, no handler runs and none will.
    /// From inside of a handler it only starts the closing. Not being connected is success.
    /// @return `timed_out` when the peer or a handler took too long; the connection is then left to end by
    /// itself.
    Status close(std::chrono::milliseconds timeout);

 private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace update
