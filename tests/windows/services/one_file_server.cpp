#include "windows/services/one_file_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "os/windows.hpp"

namespace update::test {

OneFileServer::OneFileServer(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    content_.assign(std::istreambuf_iterator<char>{in}, {});
    WSADATA data;
    REQUIRE(::WSAStartup(MAKEWORD(2, 2), &data) == 0);
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    int size = sizeof address;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = fmt::format("http://127.0.0.1:{}/agent.exe", ntohs(address.sin_port));
    thread_ = std::thread{[this] { serve(); }};
}

OneFileServer::~OneFileServer() {
    ::closesocket(listener_);
    thread_.join();
    ::WSACleanup();
}

void OneFileServer::serve() {
    for (;;) {
        const SOCKET client = ::accept(listener_, nullptr, nullptr);
        if (client == INVALID_SOCKET) return;
        std::string request;
        char piece[1024];
        while (request.find("\r\n\r\n") == std::string::npos) {
            const int got = ::recv(client, piece, sizeof piece, 0);
            if (got <= 0) break;
            request.append(piece, static_cast<std::size_t>(got));
        }
        const std::string answer =
            fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        content_.size()) +
            content_;
        for (std::size_t sent = 0; sent < answer.size();) {
            const int put = ::send(client, answer.data() + sent, static_cast<int>(answer.size() - sent), 0);
            if (put <= 0) break;
            sent += static_cast<std::size_t>(put);
        }
        ::shutdown(client, SD_SEND);
        ::closesocket(client);
    }
}

}  // namespace update::test
