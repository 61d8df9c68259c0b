#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include "os/account.hpp"
#include "os/event_loop.hpp"
#include "os/local_client.hpp"
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
Result<Fd> connect_socket(const Path& path, Instant deadline) {
    auto address = local_address(path);
    if (!address) return std::move(address).error();
    auto created = local_socket();
    if (!created) return std::move(created).error();
    Fd socket = std::move(*created);
    const auto left = left_until(deadline);
    if (left.count() <= 0) return too_late();
    const timeval limit{left.count() / 1000, left.count() % 1000 * 1000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int result = 0;
    do result = ::connect(socket.get(), address->get(), sizeof address->address);
    while (result != 0 && errno == EINTR && EventLoop::now() < deadline);
    if (result != 0) return connect_error(errno);
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return socket;
}

Status check_server(const Fd& socket) {
    UPDATE_TRY(server, peer_of(socket), "check server");
    if (server.uid != 0 && server.uid != current_account())
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

}  // namespace

Result<LocalClient> LocalClient::connect(const Path& path, Instant deadline) {
    UPDATE_TRY(socket, connect_socket(path, deadline), "connect");
    UPDATE_CHECK(check_server(socket), "connect");
    return LocalClient{std::move(socket)};
}

Status LocalClient::send_all(std::string_view bytes, Instant deadline) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EPIPE || errno == ECONNRESET)
            return done();
        else if (!would_block(errno))
            return os_error(errno, "send");
        else if (auto ready = await(connection_, POLLOUT, deadline); !ready)
            return ready;
    }
    return done();
}

Result<std::size_t> LocalClient::receive(std::span<char> into, Instant deadline) {
    for (;;) {
        const ssize_t count = ::recv(connection_.get(), into.data(), into.size(), 0);
        if (count > 0) return static_cast<std::size_t>(count);
        if (count == 0 || errno == ECONNRESET)
            return Error{ErrorCode::timed_out, "the server closed the connection without a reply"};
        if (!would_block(errno)) return os_error(errno, "receive");
        if (auto ready = await(connection_, POLLIN, deadline); !ready) return std::move(ready).error();
    }
}

}  // namespace update
