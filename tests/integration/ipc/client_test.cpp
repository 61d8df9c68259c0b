#include "os/loop_channel.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;
using ipc::Type;

namespace {

/// A bare listener in this process that answers nothing by itself.
class Listener {
 public:
    explicit Listener(const Path& socket, int backlog = 8)
        : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(fd_, backlog) == 0);
    }
    ~Listener() { ::close(fd_); }
    /// Takes one connection, reads once, answers with `bytes` and closes.
    void answer_with(const std::string& bytes) const {
        const int connection = ::accept(fd_, nullptr, nullptr);
        char ignored[4096];
        (void)!::read(connection, ignored, sizeof ignored);
        (void)!::write(connection, bytes.data(), bytes.size());
        ::close(connection);
    }

 private:
    int fd_;
};

Result<ipc::Reply> ask_one_who_answers(const std::string& bytes) {
    TempFolder folder;
    const Listener listener{folder / "socket"};
    std::thread server{[&] { listener.answer_with(bytes); }};
    auto reply = ask(folder / "socket", request(Type::ping), plenty);
    server.join();
    return reply;
}

}  // namespace

TEST_CASE("where no socket is, nobody is found") {
    TempFolder folder;
    CHECK(ask(folder / "socket", request(Type::ping), plenty).error().code() == ErrorCode::not_found);
    CHECK(ask(folder / "no/folder/socket", request(Type::ping), plenty).error().code() ==
          ErrorCode::not_found);
}

TEST_CASE("behind the socket of a dead server nobody is found") {
    TempFolder folder;
    { const Listener dead{folder / "socket"}; }
    REQUIRE(std::filesystem::exists(folder / "socket"));
    CHECK(ask(folder / "socket", request(Type::ping), plenty).error().code() == ErrorCode::not_found);
}

TEST_CASE("a server that accepts and says nothing costs the time-out and no more") {
    TempFolder folder;
    const Listener silent{folder / "socket"};
    const Instant begin = EventLoop::now();
    CHECK(ask(folder / "socket", request(Type::ping), 50ms).error().code() == ErrorCode::timed_out);
    CHECK(EventLoop::now() - begin >= 50ms);
    CHECK(EventLoop::now() - begin < 5s);
}

TEST_CASE("a server whose queue is full costs the time-out and no more") {
    TempFolder folder;
    const Listener stuck{folder / "socket", 0};
    RawClient first{folder / "socket"};
    const Instant begin = EventLoop::now();
    CHECK(ask(folder / "socket", request(Type::ping), 50ms).error().code() == ErrorCode::timed_out);
    CHECK(EventLoop::now() - begin < 5s);
}

TEST_CASE("a server that drips its reply costs the time-out for the whole exchange") {
    TempFolder folder;
    const Listener listener{folder / "socket"};
    std::thread server{[&] { listener.answer_with(std::string("\0\0\0", 3)); }};
    CHECK(ask(folder / "socket", request(Type::ping), plenty).error().code() == ErrorCode::timed_out);
    server.join();
}

TEST_CASE("a server of a far protocol version is unsupported, nonsense is corrupt") {
    CHECK(ask_one_who_answers(*ipc::frame(R"({"v":9,"ok":true})")).error().code() == ErrorCode::unsupported);
    CHECK(ask_one_who_answers(*ipc::frame("nonsense")).error().code() == ErrorCode::corrupt);
    CHECK(ask_one_who_answers("\xff\xff\xff\xff").error().code() == ErrorCode::corrupt);
    CHECK(ask_one_who_answers(*ipc::frame(R"({"v":2,"ok":true,"new":1})"))->ok);
}

TEST_CASE("a server of a foreign account is refused before it learns anything") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    ::chmod(folder.path().c_str(), 0777);
    int ready[2], done[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(done) == 0);
    const pid_t impostor = ::fork();
    if (impostor == 0) {
        if (::setuid(nobody) != 0) ::_exit(9);
        const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (folder / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ::_exit(8);
        if (::listen(listener, 8) != 0 || ::write(ready[1], "r", 1) != 1) ::_exit(7);
        const int connection = ::accept(listener, nullptr, nullptr);
        char byte = 0;
        ::_exit(::read(connection, &byte, 1) == 0 ? 0 : 1);  // the end, and not one byte before it
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    const auto reply = ask(folder / "socket", request(Type::ping), plenty);
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().code() == ErrorCode::refused);
    int status = 0;
    REQUIRE(::waitpid(impostor, &status, 0) == impostor);
    CHECK(status == 0);
}

TEST_CASE("the watchdog's answer to a hand-over decides what the channel returns") {
    TempFolder folder;
    IpcServerOptions options;
    options.socket = folder / "socket";
    const ServerThread server{options, [](const ipc::Request& r, const Peer&) {
                                  if (r.update_id == "good") return ipc::accepted();
                                  if (r.type == Type::ping)
                                      return ipc::rejected(ipc::word::unsupported, "too old");
                                  return ipc::rejected(ipc::word::refused, "quarantined");
                              }};
    auto loop = std::move(*EventLoop::create());
    LoopChannel channel{*loop, options.socket};
    CHECK(channel.ask_watchdog_to_update("good").has_value());
    CHECK(channel.ask_watchdog_to_update("bad").error().code() == ErrorCode::refused);
    CHECK(channel.ask_watchdog_to_update("bad").error().message() == "quarantined");
    CHECK(channel.ping_watchdog().error().code() == ErrorCode::unsupported);
}

TEST_CASE("a channel without a watchdog finds nobody") {
    TempFolder folder;
    auto loop = std::move(*EventLoop::create());
    LoopChannel channel{*loop, folder / "socket"};
    CHECK(channel.ping_watchdog().error().code() == ErrorCode::not_found);
}
