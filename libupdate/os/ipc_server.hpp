// The answering side of the local socket.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "ipc/message.hpp"
#include "ipc/rate_limit.hpp"
#include "os/event_loop.hpp"
#include "os/peer.hpp"
#include "ports/files.hpp"

namespace update {

/// Who can connect at all. What they may ask is decided per message, in both cases.
enum class Visibility : std::uint8_t {
    owner_only,    ///< socket 0600; its folder is created with 0700 when absent
    public_status  ///< socket 0666; its folder is created with 0711 when absent, and each folder above it
                   ///< must let others pass: not below the private state directory, but for example
                   ///< /run/<product>/
};

struct IpcServerOptions {
    Path socket;
    Visibility visibility = Visibility::owner_only;
    std::optional<std::uint64_t>
        owner;  ///< account that may change things, beside root; absent: this process's
    /// Is the peer one of the supervised programs (ChildServices::supervises)? Only then its Confirm reaches
    /// the handler. Absent: nobody is.
    std::function<bool(const Peer&)> may_confirm;
    /// A connection is closed when so much time passed since it was made or since its last complete request.
    std::chrono::milliseconds idle_timeout{10'000};
    std::size_t clients_max = 32;       ///< accounts other than owner and root together get half of them
    unsigned requests_per_second = 50;  ///< per account, connections count as requests
    unsigned requests_burst = 100;
};

/// Serves any number of requests per connection, in order, one at a time. Nothing that a client does or
/// leaves undone holds up the others: all reads and writes are non-blocking, and a client that does not take
/// its reply is not read. Malformed messages are answered with "bad-request", malformed frames end the
/// connection. The event loop's thread only; must not be destroyed from inside the handler.
class IpcServer {
 public:
    /// Called with authorised requests only (Ping and Status from anyone, Confirm from `may_confirm`, the
    /// others from owner or root). It may run the event loop; its own connection waits meanwhile. A Reply
    /// that does not fit a frame is replaced by an error.
    using Handler = std::function<ipc::Reply(const ipc::Request&, const Peer&)>;

    /// Replaces the socket of a dead server; an OS lock on "<socket>.lock" tells it from a living one.
    /// @return `retry_later` when another server lives; `refused` when the folder is not ours, others can
    /// write to it,
    ///         something else has the socket's name, or others could not reach a public socket.
    static Result<std::unique_ptr<IpcServer>> open(EventLoop& loop, IpcServerOptions, Handler);
    /// Removes the socket.
    ~IpcServer();
    std::size_t clients() const { return clients_.size(); }

 private:
    struct Listener;
    struct Client;
    using ClientPtr = std::shared_ptr<Client>;
    IpcServer(EventLoop&, IpcServerOptions, Handler);

    void accept_all();
    void pause_accepting();
    /// @return false when it was turned away
    bool admit(ClientPtr);
    bool is_crowded(const Peer&) const;
    bool is_owner(const Peer&) const;
    void on_ready(const ClientPtr&, Ready);
    void receive(const ClientPtr&);
    void answer_all(const ClientPtr&);
    ipc::Reply answer(const std::string& message, const Peer&);
    void queue(Client&, const ipc::Reply&);
    void dismiss(const ClientPtr&, std::string_view word, std::string why);
    void flush(const ClientPtr&);
    void restart_idle_timer(const ClientPtr&);
    void close(const ClientPtr&);

    EventLoop& loop_;
    IpcServerOptions options_;
    Handler handler_;
    ipc::RateLimit rate_;
    std::unique_ptr<Listener> listener_;
    EventLoop::Timer resume_accepting_ = 0;
    std::set<ClientPtr> clients_;
};

}  // namespace update
