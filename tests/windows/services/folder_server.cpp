#include "windows/services/folder_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <utility>

#include "os/windows.hpp"

namespace update::test {

FolderServer::FolderServer(std::filesystem::path folder) : folder_{std::move(folder)} {
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
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
    thread_ = std::thread{[this] { serve(); }};
}

FolderServer::~FolderServer() {
    ::closesocket(listener_);
    thread_.join();
    ::WSACleanup();
}

/// "GET /metadata/2.root.json HTTP/1.1": names of such a tree need no decoding.
std::string FolderServer::answer_to(const std::string& request) const {
    const auto from = request.find('/') + 1, to = request.find(' ', from);
    std::ifstream in{folder_ / request.substr(from, to - from), std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{in}, {}};
    return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                       in.is_open() ? "200 OK" : "404 Not Found", content.size(), content);
}

void FolderServer::serve() {
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
        const std::string answer = answer_to(request);
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
