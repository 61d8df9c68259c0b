#include "old_watchdog.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace update::test {

namespace fs = std::filesystem;

OtherWatchdog::OtherWatchdog(const fs::path& socket, std::function<std::string(const std::string&)> answer)
    : answer_{std::move(answer)} {
    for (const fs::path& folder : {socket.parent_path().parent_path(), socket.parent_path()}) {
        fs::create_directory(folder);
        fs::permissions(folder, fs::perms::owner_all);
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(socket.string().size() < sizeof address.sun_path);
    socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::pipe2(stop_, O_CLOEXEC) == 0);  // or a program that the test starts keeps it open
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    thread_ = std::thread{[this] { serve(); }};
}

OtherWatchdog::~OtherWatchdog() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
}

void OtherWatchdog::serve() {
    for (;;) {
        pollfd events[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
        if (::poll(events, 2, -1) > 0 && events[1].revents != 0) return;
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        serve_one(connection);
        ::close(connection);
    }
}

void OtherWatchdog::serve_one(int connection) {
    unsigned char head[4];
    if (::recv(connection, head, 4, MSG_WAITALL) != 4) return;
    std::string request(static_cast<std::size_t>(head[2]) << 8U | head[3], '\0');
    if (::recv(connection, request.data(), request.size(), MSG_WAITALL) !=
        static_cast<ssize_t>(request.size()))
        return;
    ++requests_;
    const std::string reply = answer_(request);
    const char size[] = {0, 0, static_cast<char>(reply.size() >> 8U), static_cast<char>(reply.size())};
    const std::string frame = std::string(size, 4) + reply;
    (void)::send(connection, frame.data(), frame.size(), MSG_NOSIGNAL);
}

}  // namespace update::test
