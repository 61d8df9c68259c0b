#include "os/ipc_server.hpp"

#include <array>
#include <utility>

#include "ipc/access.hpp"
#include "ipc/frame.hpp"
#include "os/account.hpp"
#include "os/local_listener.hpp"

namespace update {
namespace {

// Out of descriptors: try again when somebody may have closed some, instead of spinning on the waiting
// connection.
constexpr std::chrono::milliseconds accept_pause{100};
// Somebody who connects without end must not keep the loop from the clients that are connected.
constexpr int accepted_at_once = 32;

}  // namespace

struct IpcServer::Listener {
    LocalListener socket;
};

struct IpcServer::Client {
    explicit Client(LocalConnection accepted) : connection{std::move(accepted)}, peer{connection.peer()} {}
    LocalConnection connection;
    Peer peer;
    ipc::Deframer in;
    std::string out;  ///< not taken by the client yet
    EventLoop::Timer idle = 0;
    bool answering = false;  ///< inside the handler, which may run the loop
    bool leaving = false;    ///< close as soon as `out` is sent
    bool closed = false;
};

IpcServer::IpcServer(EventLoop& loop, IpcServerOptions options, Handler handler)
    : loop_{loop},
      options_{std::move(options)},
      handler_{std::move(handler)},
      rate_{options_.requests_per_second, options_.requests_burst} {}

Result<std::unique_ptr<IpcServer>> IpcServer::open(EventLoop& loop, IpcServerOptions options,
                                                   Handler handler) {
    UPDATE_TRY(socket, LocalListener::open(options.socket, options.visibility), "serve");
    std::unique_ptr<IpcServer> server{new IpcServer{loop, std::move(options), std::move(handler)}};
    server->listener_ = std::make_unique<Listener>(Listener{std::move(socket)});
    UPDATE_CHECK(loop.watch(server->listener_->socket.waitable(), EventLoop::Interest::read,
                            [self = server.get()](Ready) { self->accept_all(); }),
                 "serve");
    return server;
}

IpcServer::~IpcServer() {
    while (!clients_.empty()) close(ClientPtr{*clients_.begin()});
    loop_.cancel(resume_accepting_);
    if (listener_) loop_.forget(listener_->socket.waitable());
}

void IpcServer::accept_all() {
    for (int i = 0; i < accepted_at_once; ++i) {
        auto accepted = listener_->socket.accept();
        if (accepted) {
            // Who leaves is seen between two turns of the loop: somebody turned away is the last of this
            // turn.
            if (!admit(std::make_shared<Client>(std::move(*accepted)))) return;
        } else if (accepted.error().code() == ErrorCode::retry_later) {
            return pause_accepting();
        } else if (accepted.error().code() == ErrorCode::not_found) {
            return;
        }
    }
}

void IpcServer::pause_accepting() {
    const Native place = listener_->socket.waitable();
    loop_.change(place, EventLoop::Interest::nothing);
    resume_accepting_ = loop_.call_at(EventLoop::now() + accept_pause, [this, place] {
        loop_.change(place, EventLoop::Interest::read);
        accept_all();
    });
}

bool IpcServer::admit(ClientPtr client) {
    const bool welcome = rate_.take(client->peer.uid, EventLoop::now()) && !is_crowded(client->peer);
    if (!client->connection.follow(loop_, [this, client](Ready ready) { on_ready(client, ready); }))
        return false;
    clients_.insert(client);
    if (welcome) {
        restart_idle_timer(client);
    } else {
        dismiss(client, ipc::word::busy, "too many connections or requests");
        close(client);
    }
    return welcome;
}

bool IpcServer::is_crowded(const Peer& peer) const {
    if (clients_.size() >= options_.clients_max) return true;
    if (is_owner(peer)) return false;
    std::size_t strangers = 0;
    for (const auto& client : clients_) strangers += is_owner(client->peer) ? 0 : 1;
    return strangers >= options_.clients_max / 2;
}

bool IpcServer::is_owner(const Peer& peer) const {
    return peer.uid == 0 || peer.uid == options_.owner.value_or(current_account());
}

void IpcServer::on_ready(const ClientPtr& client, Ready ready) {
    if (client->answering) {
        // Nothing was asked of the loop, so the peer is gone; `answer_all` sees that when the handler
        // returns.
        client->leaving = true;
        return client->connection.forget();
    }
    if (ready.writable) flush(client);
    if (ready.readable && !client->closed) receive(client);
    answer_all(client);
}

void IpcServer::receive(const ClientPtr& client) {
    std::array<char, 4096> bytes;
    const auto count = client->connection.read(bytes);
    if (!count && count.error().code() == ErrorCode::retry_later) return;
    if (!count || *count == 0) return close(client);
    if (client->in.feed(bytes.data(), *count)) return;
    dismiss(client, ipc::word::bad_request, "malformed frame");
}

void IpcServer::answer_all(const ClientPtr& client) {
    while (!client->closed && !client->leaving && client->out.empty()) {
        const auto message = client->in.next();
        if (!message) return;
        if (!rate_.take(client->peer.uid, EventLoop::now()))
            return dismiss(client, ipc::word::busy, "too many requests");
        loop_.cancel(client->idle);
        client->connection.want(EventLoop::Interest::nothing);
        client->answering = true;
        const ipc::Reply reply = answer(*message, client->peer);
        client->answering = false;
        if (client->leaving) return close(client);
        restart_idle_timer(client);
        queue(*client, reply);
        flush(client);
    }
}

ipc::Reply IpcServer::answer(const std::string& message, const Peer& peer) {
    const auto request = ipc::decode_request(message);
    if (!request) return ipc::rejected(request.error());
    const ipc::Access access = ipc::access_needed(request->type);
    if (access == ipc::Access::owner && !is_owner(peer))
        return ipc::rejected(ipc::word::permission, "only root and the watchdog's own account may do this");
    if (access == ipc::Access::supervised && !(options_.may_confirm && options_.may_confirm(peer)))
        return ipc::rejected(ipc::word::permission, "only a supervised program may do this");
    return handler_(*request, peer);
}

void IpcServer::queue(Client& client, const ipc::Reply& reply) {
    auto framed = ipc::frame(ipc::encode(reply));
    if (!framed)
        framed = ipc::frame(ipc::encode(ipc::rejected(ipc::word::bug, "the reply is longer than a frame")));
    client.out += *framed;
}

void IpcServer::dismiss(const ClientPtr& client, std::string_view word, std::string why) {
    queue(*client, ipc::rejected(word, std::move(why)));
    client->leaving = true;
    flush(client);
}

void IpcServer::flush(const ClientPtr& client) {
    while (!client->out.empty()) {
        const auto sent = client->connection.write(client->out);
        if (!sent && sent.error().code() == ErrorCode::retry_later)
            return client->connection.want(EventLoop::Interest::write);
        if (!sent) return close(client);
        client->out.erase(0, *sent);
    }
    if (client->leaving) return close(client);
    client->connection.want(EventLoop::Interest::read);
}

void IpcServer::restart_idle_timer(const ClientPtr& client) {
    loop_.cancel(client->idle);
    client->idle = loop_.call_at(EventLoop::now() + options_.idle_timeout, [this, client] { close(client); });
}

void IpcServer::close(const ClientPtr& client) {
    if (std::exchange(client->closed, true)) return;
    loop_.cancel(client->idle);
    client->connection.close();
    clients_.erase(client);
}

}  // namespace update
