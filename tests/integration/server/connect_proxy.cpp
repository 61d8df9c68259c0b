#include "connect_proxy.hpp"

#include <arpa/inet.h>
#include <array>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace server_test {
namespace {

sockaddr_in here(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Byte by byte, so that nothing of what comes after it is taken.
std::string read_head(int socket) {
    std::string head;
    char c = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(socket, &c, 1, 0) == 1) head += c;
    return head;
}

bool pass_on(int from, int to) {
    std::array<char, 16 * 1024> block{};
    const auto count = ::recv(from, block.data(), block.size(), 0);
    return count > 0 && ::send(to, block.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
}

}  // namespace

ConnectProxy::ConnectProxy() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address = here(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error{"no port for the proxy"};
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread{[this] { accept_all(); }};
}

ConnectProxy::~ConnectProxy() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    {
        const std::lock_guard lock{mutex_};
        for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& tunnel : tunnels_) tunnel.join();
    for (const int socket : open_) ::close(socket);
    ::close(listener_);
}

std::string ConnectProxy::url(const std::string& login) const {
    return "http://" + (login.empty() ? "" : login + "@") + "127.0.0.1:" + std::to_string(port_);
}

std::vector<std::string> ConnectProxy::requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
}

void ConnectProxy::accept_all() {
    for (;;) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        {
            const std::lock_guard lock{mutex_};
            open_.push_back(client);
        }
        tunnels_.emplace_back([this, client] { serve(client); });
    }
}

void ConnectProxy::serve(int client) {
    const std::string head = read_head(client);
    const auto colon = head.find(':');
    if (!head.starts_with("CONNECT ") || colon == std::string::npos) return;
    const sockaddr_in target = here(static_cast<std::uint16_t>(std::stoi(head.substr(colon + 1))));
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    {
        const std::lock_guard lock{mutex_};
        requests_.push_back(head);
        open_.push_back(server);
    }
    if (::connect(server, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) return;
    const std::string yes = "HTTP/1.1 200 Connection established\r\n\r\n";
    ::send(client, yes.data(), yes.size(), MSG_NOSIGNAL);
    std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    while (::poll(ends.data(), ends.size(), -1) > 0) {
        if (ends[0].revents != 0 && !pass_on(client, server)) break;
        if (ends[1].revents != 0 && !pass_on(server, client)) break;
    }
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(server, SHUT_RDWR);
}

}  // namespace server_test
