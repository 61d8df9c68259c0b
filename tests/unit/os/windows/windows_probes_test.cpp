// Looks from outside.
#include "os/processes.hpp"
#include "os/tcp_probe.hpp"
#include "processes.hpp"

using namespace update;
using namespace windows_test;

namespace {

Status look(const std::string& target, std::chrono::milliseconds time = plenty) {
    const auto processes = make_processes();
    return look_at_tcp(target, Deadline{time}, *processes);
}

/// Listens on the loopback, on a port that the system chose; never accepts.
class Listener {
 public:
    Listener() {
        WSADATA data{};
        REQUIRE(::WSAStartup(MAKEWORD(2, 2), &data) == 0);
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<::sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 4) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<::sockaddr*>(&address), &size) == 0);
        port_ = std::to_string(ntohs(address.sin_port));
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        close();
        ::WSACleanup();
    }
    void close() {
        if (socket_ != INVALID_SOCKET) ::closesocket(std::exchange(socket_, INVALID_SOCKET));
    }
    const std::string& port() const { return port_; }

 private:
    SOCKET socket_ = INVALID_SOCKET;
    std::string port_;
};

}  // namespace

TEST_CASE(
    "a port that listens is ready, by address and by name; one that does not is to be looked at again") {
    Listener listener;
    CHECK(look("127.0.0.1:" + listener.port()).has_value());
    CHECK(look("localhost:" + listener.port()).has_value());
    listener.close();
    CHECK(code(look("127.0.0.1:" + listener.port())) == ErrorCode::retry_later);
}

TEST_CASE("a name that nobody knows is to be looked at again, and costs no more than the time") {
    const auto began = EventLoop::now();
    CHECK(code(look("no-such-host.invalid:80", 1s)) == ErrorCode::retry_later);
    CHECK(EventLoop::now() - began < 10s);
}

TEST_CASE("what is no target is refused") {
    for (const char* target : {"", "localhost", "localhost:", "localhost:99999", "[::1:80", "-x:1"}) {
        CAPTURE(target);
        CHECK(code(look(target)) == ErrorCode::refused);
    }
}
