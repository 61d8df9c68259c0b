#include <arpa/inet.h>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api_client.hpp"
#include "test_agent.hpp"

using namespace server_test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using update::ControlLink;
using update::ErrorCode;

namespace {

const std::string key = "a-random-agent-key-3";

/// A TCP port whose owner accepts connections in the kernel's queue and never says a word.
class SilentPort {
 public:
    SilentPort() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentPort() { ::close(socket_); }
    std::string wss() const { return "wss://127.0.0.1:" + std::to_string(port_) + "/agent"; }

 private:
    int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port_ = 0;
};

int connect_tcp(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

ErrorCode failure(const update::Status& status) {
    REQUIRE_FALSE(status.has_value());
    return status.error().code();
}

}  // namespace

TEST_CASE("the key never travels without TLS") {
    ControlLink link{{}};
    CHECK(failure(link.connect("ws://127.0.0.1:1/agent", "")) == ErrorCode::refused);
    CHECK(failure(link.connect("https://127.0.0.1:1/agent", "")) == ErrorCode::refused);
}

TEST_CASE("an authority file that cannot be used is refused before anything is sent") {
    ControlLink link{{}};
    CHECK(failure(link.connect("wss://127.0.0.1:1/agent", "/nonexistent.pem")) == ErrorCode::refused);
}

TEST_CASE("a server with an unknown certificate is not connected to") {
    ServerProcess server;
    ControlLink link{{}};
    CHECK(failure(link.connect(server.wss(), "")) == ErrorCode::retry_later);
}

TEST_CASE("a server whose certificate is for another name is not connected to") {
    ServerProcess server;
    ControlLink link{{}};
    const auto connected =
        link.connect("wss://localhost:" + std::to_string(server.port()) + "/agent", server.ca_file());
    CHECK(failure(connected) == ErrorCode::retry_later);
}

TEST_CASE("a closed port is an error that passes") {
    ServerProcess server;
    server.kill_hard();
    ControlLink link{{}};
    CHECK(failure(link.connect(server.wss(), server.ca_file())) == ErrorCode::retry_later);
}

TEST_CASE("connecting to a silent server ends in time, and so does the link's own end") {
    const SilentPort silent;
    const auto begin = steady_clock::now();
    {
        ControlLink link{{}};
        CHECK(failure(link.connect(silent.wss(), "", milliseconds{300})) == ErrorCode::timed_out);
    }
    CHECK(steady_clock::now() - begin < std::chrono::seconds{4});
}

TEST_CASE("closing towards a frozen server ends in time and says so") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    server.freeze();
    const auto begin = steady_clock::now();
    const auto closed = agent.link().close(milliseconds{300});
    CHECK(steady_clock::now() - begin < std::chrono::seconds{3});
    server.signal(SIGCONT);
    CHECK(failure(closed) == ErrorCode::timed_out);
}

TEST_CASE("a link that was closed by us reports nothing, and can be used again") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    CHECK(agent.link().close(std::chrono::seconds{5}).has_value());
    CHECK_FALSE(agent.was_told_of_the_end());
    CHECK(failure(agent.link().send("{}")) == ErrorCode::retry_later);
    CHECK(agent.log_in(auth("a", key, "1.0")).confirms_updates);
}

TEST_CASE("a second connect while connected is a programmer's error and harms nothing") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    const auto who = auth("a", key, "1.0");
    agent.log_in(who);
    CHECK(failure(agent.link().connect(server.wss(), server.ca_file())) == ErrorCode::bug);
    agent.send(session::Heartbeat{who.build_id, "1.0"});
    agent.next<session::HeartbeatAck>();
}

TEST_CASE("a link can be closed from inside of its own handler") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    agent.on_arrival = [&](const session::Message& message) {
        if (std::holds_alternative<session::ConfigUpdate>(message))
            CHECK(agent.link().close(milliseconds{100}).has_value());
    };
    agent.log_in(auth("a", key, "1.0"));
    agent.next<session::ConfigUpdate>();
    CHECK(failure(agent.link().send("{}")) == ErrorCode::retry_later);
}

TEST_CASE("what the protocol has no room for is not sent") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    CHECK(failure(agent.link().send("")) == ErrorCode::refused);
    CHECK(failure(agent.link().send(std::string(256 * 1024 + 1, 'x'))) == ErrorCode::refused);
}

TEST_CASE("many messages arrive in their order") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    for (int i = 0; i < 200; ++i) {
        const std::string id = "u-" + std::to_string(i);
        agent.send(session::OutcomeReport{nlohmann::json{{"update_id", id}, {"ending", "abandoned"}}.dump()});
        if (i % 20 != 19) continue;  // the server cuts an agent that lets it queue too much
        for (int n = i - 19; n <= i; ++n)
            CHECK(agent.next<session::OutcomeAck>().update_id == "u-" + std::to_string(n));
    }
}

TEST_CASE("clients that say nothing keep nobody from working") {
    ServerProcess server;
    const Operator admin{server};
    std::vector<int> mute;
    for (int i = 0; i < 200; ++i) mute.push_back(connect_tcp(server.port()));
    admin.enrol("a", key);
    TestAgent agent{server};
    CHECK(agent.log_in(auth("a", key, "1.0")).confirms_updates);
    for (const int socket : mute) ::close(socket);
}
