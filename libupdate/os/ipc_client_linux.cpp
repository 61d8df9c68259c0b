#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include "ipc/frame.hpp"
#include "os/event_loop.hpp"
#include "os/ipc_client.hpp"
#include "os/local_socket.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

Error too_late() { return Error{ErrorCode::timed_out, "no reply in time"}; }

std::chrono::milliseconds left_until(Instant deadline) {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline - EventLoop::now());
}

Error connect_error(int error) {
    if (error == ECONNREFUSED || error == ENOENT)
        return Error{ErrorCode::not_found, "nobody listens", {error, std::generic_category()}};
    if (error == EAGAIN) return Error{ErrorCode::timed_out, "the server does not accept connections"};
    return os_error(error, "connect");
}

/// A full queue makes a non-blocking connect to a local socket fail instead of wait, and there is nothing to
/// poll for: so this call alone blocks, limited by the socket's own send time-out.
Result<Fd> connect(const Path& path, Instant deadline) {
    auto address = local_address(path);
    if (!address) return std::move(address).error();
    UPDATE_TRY(socket, local_socket(), "connect");
    const auto left = left_until(deadline);
    if (left.count() <= 0) return too_late();
    const timeval limit{left.count() / 1000, left.count() % 1000 * 1000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int result = 0;
    do result = ::connect(socket.get(), address->get(), sizeof address->address);
    while (result != 0 && errno == EINTR && EventLoop::now() < deadline);
    if (result != 0) return connect_error(errno);
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return std::move(socket);
}

Status check_server(const Fd& socket) {
    UPDATE_TRY(server, peer_of(socket), "check server");
    if (server.uid != 0 && server.uid != ::geteuid())
        return Error{
            ErrorCode::refused,
            fmt::format("the server runs as uid {}, which is neither root nor this account", server.uid)};
    return done();
}

Status await(const Fd& socket, short events, Instant deadline) {
    pollfd poll{socket.get(), events, 0};
    for (;;) {
        const auto left = left_until(deadline);
        if (left.count() <= 0) return too_late();
        if (::poll(&poll, 1, static_cast<int>(left.count())) == 1) return done();
    }
}

bool would_block(int error) { return error == EAGAIN || error == EINTR; }

Status send_all(const Fd& socket, std::string_view bytes, Instant deadline) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        // A server that closes early may have left its reason (busy) behind: read that first.
        else if (errno == EPIPE || errno == ECONNRESET)
            return done();
        else if (!would_block(errno))
            return os_error(errno, "send");
        else if (auto ready = await(socket, POLLOUT, deadline); !ready)
            return ready;
    }
    return done();
}

Result<std::string> receive(const Fd& socket, Instant deadline) {
    ipc::Deframer deframer;
    std::array<char, 4096> bytes;
    for (;;) {
        if (auto message = deframer.next()) return std::move(*message);
        const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
        if (count > 0) {
            UPDATE_CHECK(deframer.feed(bytes.data(), static_cast<std::size_t>(count)), "reply");
        } else if (count == 0 || errno == ECONNRESET) {
            return Error{ErrorCode::timed_out, "the server closed the connection without a reply"};
        } else if (!would_block(errno)) {
            return os_error(errno, "receive");
        } else if (auto ready = await(socket, POLLIN, deadline); !ready) {
            return std::move(ready).error();
        }
    }
}

}  // namespace

Result<ipc::Reply> ask(const Path& path, const ipc::Request& request, std::chrono::milliseconds timeout) {
    const std::string what = fmt::format("ask {} at {}", ipc::name(request.type), path.string());
    const Instant deadline = EventLoop::now() + timeout;
    UPDATE_TRY(framed, ipc::frame(ipc::encode(request)), what);
    UPDATE_TRY(socket, connect(path, deadline), what);
    UPDATE_CHECK(check_server(socket), what);
    UPDATE_CHECK(send_all(socket, framed, deadline), what);
    UPDATE_TRY(message, receive(socket, deadline), what);
    UPDATE_TRY(reply, ipc::decode_reply(message), what);
    return std::move(reply);
}

}  // namespace update
