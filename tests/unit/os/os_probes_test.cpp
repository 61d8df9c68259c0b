// Looks at programs that know nothing of this library.
#include <arpa/inet.h>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/probes.hpp"
#include "os/processes.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

namespace {

class FakeHttp final : public Http {
 public:
    std::function<Result<HttpHead>(HttpSink&)> answer;
    std::string asked;
    Result<HttpHead> get(const HttpRequest& request, HttpSink& sink) override {
        asked = request.url;
        return answer(sink);
    }
};

/// As a real adapter does: hands the head over and stops when the sink says so.
std::function<Result<HttpHead>(HttpSink&)> status(int value) {
    return [value](HttpSink& sink) -> Result<HttpHead> {
        HttpHead head;
        head.status = value;
        UPDATE_CHECK(sink.head(head), "get");
        return head;
    };
}

struct World {
    FakeHttp http;
    std::unique_ptr<Processes> processes = make_processes();
    std::unique_ptr<Probes> probes = make_probes(http, *processes);
    Status tcp(const std::string& target) { return probes->look({Readiness::tcp, target, {}, 10s, 200ms}); }
    Status http_status(int value) {
        http.answer = status(value);
        return probes->look({Readiness::http, "http://127.0.0.1/health", {}, 10s, 200ms});
    }
    Status command(std::vector<std::string> words) {
        return probes->look({Readiness::command, "", std::move(words), 10s, 200ms});
    }
};

class Listener {
 public:
    explicit Listener(int backlog) {
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd_, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(fd_, backlog) == 0);
        ::socklen_t size = sizeof address;
        REQUIRE(::getsockname(fd_, reinterpret_cast<::sockaddr*>(&address), &size) == 0);
        port_ = std::to_string(ntohs(address.sin_port));
        address_ = address;
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        for (int fd : others_) ::close(fd);
        ::close(fd_);
    }
    const std::string& port() const { return port_; }
    /// More connections than the backlog takes: the kernel lets further ones wait.
    void fill() {
        for (int i = 0; i < 8; ++i) {
            others_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            (void)::connect(others_.back(), reinterpret_cast<::sockaddr*>(&address_), sizeof address_);
        }
    }

 private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_in address_{};
    std::string port_;
    std::vector<int> others_;
};

}  // namespace

TEST_CASE("a port that accepts is ready, by number and by name") {
    World world;
    const Listener listener{8};
    CHECK(world.tcp("127.0.0.1:" + listener.port()).has_value());
    CHECK(world.tcp("localhost:" + listener.port()).has_value());
}

TEST_CASE("a port that nobody listens on is not ready") {
    World world;
    std::string port;
    {
        const Listener gone{1};
        port = gone.port();
    }
    CHECK(code(world.tcp("127.0.0.1:" + port)) == ErrorCode::retry_later);
    CHECK(code(world.tcp("localhost:" + port)) == ErrorCode::retry_later);
}

TEST_CASE("a port that does not answer is given up after 2 seconds") {
    World world;
    Listener listener{0};
    listener.fill();
    const auto began = std::chrono::steady_clock::now();
    CHECK(code(world.tcp("127.0.0.1:" + listener.port())) == ErrorCode::retry_later);
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= 1900ms);
    CHECK(took < 4s);
}

TEST_CASE("a name without an address is not ready") {
    World world;
    CHECK(code(world.tcp("no-such-host.invalid:80")) == ErrorCode::retry_later);
}

TEST_CASE("a target that is no host and port is refused") {
    World world;
    for (const auto* target :
         {"", "host", "host:", ":80", "host:http", "host:65536", "::1:80", "-s:80", "[]:80"}) {
        CAPTURE(target);
        CHECK(code(world.tcp(target)) == ErrorCode::refused);
    }
}

TEST_CASE("a 2xx answer is ready and every other is not") {
    World world;
    CHECK(world.http_status(200).has_value());
    CHECK(world.http.asked == "http://127.0.0.1/health");
    CHECK(world.http_status(204).has_value());
    for (const int value : {199, 300, 404, 503})
        CHECK(code(world.http_status(value)) == ErrorCode::retry_later);
}

TEST_CASE("a server that does not answer is given up after 2 seconds") {
    World world;
    world.http.answer = [](HttpSink& sink) -> Result<HttpHead> {
        for (;;) UPDATE_CHECK(sink.tick(), "get");
    };
    const auto began = std::chrono::steady_clock::now();
    CHECK(code(world.probes->look({Readiness::http, "http://x", {}, 10s, 200ms})) == ErrorCode::retry_later);
    CHECK(std::chrono::steady_clock::now() - began < 4s);
}

TEST_CASE("trouble on the way to the server is reported as it was") {
    World world;
    world.http.answer = [](HttpSink&) -> Result<HttpHead> {
        return Error{ErrorCode::permission, "bad certificate"};
    };
    CHECK(code(world.probes->look({Readiness::http, "https://x", {}, 10s, 200ms})) == ErrorCode::permission);
}

TEST_CASE("a command that ends with 0 is ready") {
    World world;
    CHECK(world.command({"/bin/sh", "-c", "exit 0"}).has_value());
}

TEST_CASE("a command that ends otherwise says how") {
    World world;
    const auto exited = world.command({"/bin/sh", "-c", "exit 3"});
    CHECK(code(exited) == ErrorCode::retry_later);
    CHECK(exited.error().evidence().exit_code == 3);
    const auto killed = world.command({"/bin/sh", "-c", "kill -KILL $$"});
    CHECK(code(killed) == ErrorCode::retry_later);
    CHECK(killed.error().evidence().signal == SIGKILL);
}

TEST_CASE("a command that hangs is given up after 2 seconds") {
    World world;
    const auto began = std::chrono::steady_clock::now();
    CHECK(code(world.command({"/bin/sh", "-c", "sleep 1000"})) == ErrorCode::retry_later);
    CHECK(std::chrono::steady_clock::now() - began < 4s);
}

TEST_CASE("a command that is absent or empty is told as such") {
    World world;
    CHECK(code(world.command({"/absent"})) == ErrorCode::not_found);
    CHECK(code(world.command({})) == ErrorCode::refused);
}

TEST_CASE("a readiness that needs no look is a bug of the caller") {
    World world;
    CHECK(code(world.probes->look({Readiness::reported, "", {}, 10s, 200ms})) == ErrorCode::bug);
    CHECK(code(world.probes->look({Readiness::process_age, "", {}, 10s, 200ms})) == ErrorCode::bug);
}
