#include <cerrno>
#include <sys/socket.h>

#include "os/local_connection.hpp"
#include "os/local_socket.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

Error io_error(const char* what) {
    if (errno == EAGAIN || errno == EINTR) return Error{ErrorCode::retry_later, what};
    return Error{ErrorCode::cancelled, what, {errno, std::generic_category()}};
}

}  // namespace

LocalConnection::LocalConnection(std::unique_ptr<System> system, Peer peer)
    : system_{std::move(system)}, peer_{peer} {}
LocalConnection::LocalConnection(LocalConnection&&) noexcept = default;
LocalConnection::~LocalConnection() { close(); }

Status LocalConnection::follow(EventLoop& loop, std::function<void(Ready)> callback) {
    UPDATE_CHECK(loop.watch(system_->socket.get(), Interest::read, std::move(callback)), "follow client");
    system_->loop = &loop;
    return done();
}

void LocalConnection::want(Interest interest) {
    if (system_->loop != nullptr) system_->loop->change(system_->socket.get(), interest);
}

void LocalConnection::close() {
    forget();
    system_.reset();
}

void LocalConnection::forget() {
    if (system_ && system_->loop != nullptr)
        std::exchange(system_->loop, nullptr)->forget(system_->socket.get());
}

Result<std::size_t> LocalConnection::read(std::span<char> into) {
    const ssize_t count = ::recv(system_->socket.get(), into.data(), into.size(), 0);
    if (count < 0) return io_error("receive");
    return static_cast<std::size_t>(count);
}

Result<std::size_t> LocalConnection::write(std::string_view bytes) {
    const ssize_t count = ::send(system_->socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return io_error("send");
    return static_cast<std::size_t>(count);
}

}  // namespace update
