#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "os/os_error.hpp"
#include "os/tcp_probe.hpp"
#include "os/tcp_target.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

/// Sockets are there once they were asked for; the system counts.
class Sockets {
 public:
    Sockets() {
        WSADATA data{};
        error_ = ::WSAStartup(MAKEWORD(2, 2), &data);
    }
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;
    ~Sockets() {
        if (error_ == 0) ::WSACleanup();
    }
    int error() const { return error_; }

 private:
    int error_;
};

class Socket {
 public:
    explicit Socket(SOCKET socket) : socket_{socket} {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (socket_ != INVALID_SOCKET) ::closesocket(socket_);
    }
    SOCKET get() const { return socket_; }

 private:
    SOCKET socket_;
};

using Addresses = std::shared_ptr<::addrinfo>;

Addresses look_up(const std::string& host, const std::string& port, int flags) {
    ::addrinfo hints{}, *found = nullptr;
    hints.ai_flags = flags;
    hints.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return {};
    return {found, &::freeaddrinfo};
}

/// getaddrinfo cannot be given up, so it is left behind: the thread ends with the resolver's own time limit.
Addresses resolve(const std::string& host, const std::string& port, const Deadline& deadline) {
    struct Question {
        std::mutex mutex;
        std::condition_variable answered;
        bool done = false;
        Addresses answer;
    };
    const auto question = std::make_shared<Question>();
    std::thread{[question, host, port] {
        const Sockets sockets;
        auto answer = look_up(host, port, AI_NUMERICSERV);
        const std::lock_guard guard{question->mutex};
        question->answer = std::move(answer);
        question->done = true;
        question->answered.notify_one();
    }}.detach();
    std::unique_lock lock{question->mutex};
    question->answered.wait_for(lock, std::chrono::milliseconds{deadline.poll_ms()},
                                [&] { return question->done; });
    return question->answer;
}

Error no_connection(int error) {
    return Error{ErrorCode::retry_later, "no connection", os_error(error, {}).os()};
}

Status connected(const Socket& socket, const Deadline& deadline) {
    ::fd_set writable, failed;
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    FD_SET(socket.get(), &writable);
    FD_SET(socket.get(), &failed);
    const int left = deadline.poll_ms();
    ::timeval limit{left / 1000, left % 1000 * 1000};
    if (::select(0, nullptr, &writable, &failed, &limit) == 0)
        return Error{ErrorCode::retry_later, "no answer in time"};
    int error = 0, size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &size);
    if (error == 0 && FD_ISSET(socket.get(), &failed) == 0) return done();
    return no_connection(error);
}

Status connect_one(const ::addrinfo& address, const Deadline& deadline) {
    const Socket socket{::WSASocketW(address.ai_family, SOCK_STREAM, 0, nullptr, 0,
                                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT)};
    ::u_long non_blocking = 1;
    if (socket.get() == INVALID_SOCKET || ::ioctlsocket(socket.get(), FIONBIO, &non_blocking) != 0)
        return Error{ErrorCode::retry_later, "open socket", os_error(::WSAGetLastError(), {}).os()};
    if (::connect(socket.get(), address.ai_addr, static_cast<int>(address.ai_addrlen)) == 0) return done();
    const int error = ::WSAGetLastError();
    return error == WSAEWOULDBLOCK ? connected(socket, deadline) : no_connection(error);
}

}  // namespace

Status look_at_tcp(const std::string& text, const Deadline& deadline, Processes&) {
    UPDATE_TRY(target, parse_tcp_target(text), "look");
    const auto what = "tcp " + text;
    const Sockets sockets;
    if (sockets.error() != 0) return os_error(sockets.error(), what);
    auto addresses = look_up(target.host, target.port, AI_NUMERICHOST | AI_NUMERICSERV);
    if (!addresses) addresses = resolve(target.host, target.port, deadline);
    Status last = Error{ErrorCode::retry_later, "the address of '" + target.host + "' is not known"};
    for (const auto* at = addresses.get(); at != nullptr && !last; at = at->ai_next)
        last = connect_one(*at, deadline);
    UPDATE_CHECK(std::move(last), what);
    return done();
}

}  // namespace update
