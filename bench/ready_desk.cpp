#include "ready_desk.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace {

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

std::string frame(const std::string& text) {
    const auto n = static_cast<std::uint32_t>(text.size());
    const char head[4] = {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                          static_cast<char>(n)};
    return std::string{head, 4} + text;
}

std::string receive(int connection) {
    std::string bytes;
    std::array<char, 4096> part;
    for (;;) {
        const ssize_t count = ::recv(connection, part.data(), part.size(), 0);
        if (count <= 0) return {};
        bytes.append(part.data(), static_cast<std::size_t>(count));
        if (bytes.size() < 4) continue;
        std::size_t length = 0;
        for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
        if (bytes.size() >= length + 4) return bytes.substr(4, length);
    }
}

/// The value of a field that is a text; the agent's messages are flat.
std::string field(const std::string& json, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    const auto at = json.find(key);
    if (at == std::string::npos) return {};
    return json.substr(at + key.size(), json.find('"', at + key.size()) - at - key.size());
}

}  // namespace

void tell(const std::string& what) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    std::printf("%s %lld\n", what.c_str(),
                static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
    std::fflush(stdout);
}

ReadyDesk::ReadyDesk(const std::string& socket_path)
    : listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
    ::unlink(socket_path.c_str());
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    if (::listen(listener_, 16) != 0) fail("listen");
}

void ReadyDesk::serve() {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    ucred peer{};
    socklen_t size = sizeof peer;
    ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    const std::string message = receive(connection);
    const std::string level = field(message, "level");
    const bool ready = !level.empty() && level != "alive";
    if (ready && !std::exchange(seen_[peer.pid], true)) tell("ready " + field(message, "agent_version"));
    const std::string reply = frame("{\"v\":1,\"ok\":true}");
    (void)::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
    ::close(connection);
}
