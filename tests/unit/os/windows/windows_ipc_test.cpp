// Named pipes: who may use them, and clients that are slow, silent, many or gone.
#include <atomic>
#include <deque>
#include <future>
#include <thread>

#include "ipc/frame.hpp"
#include "os/descriptor.hpp"
#include "os/ipc_client.hpp"
#include "os/ipc_server.hpp"
#include "os/local_client.hpp"
#include "os/local_pipe.hpp"
#include "os/sddl.hpp"
#include "os/wide.hpp"
#include "processes.hpp"

using namespace update;
using namespace windows_test;

namespace {

ipc::Reply agree(const ipc::Request&, const Peer&) { return ipc::accepted("served"); }
ipc::Request request(ipc::Type type) {
    ipc::Request made;
    made.type = type;
    return made;
}

/// A server on its own thread, in a folder of its own.
class Served {
 public:
    explicit Served(IpcServer::Handler handler = agree, IpcServerOptions options = {}) {
        options.socket = socket = folder / "run/watchdog.sock";
        // Not an atomic to wait for: where there is no futex, libstdc++ 12 can miss the notification.
        std::promise<void> ready;
        thread_ = std::thread{[&, options, handler] {
            auto loop = std::move(*EventLoop::create());
            auto server = IpcServer::open(*loop, options, handler);
            if (!server) error_ = server.error().message();
            loop_ = loop.get();
            ready.set_value();
            while (!stop_) loop->run_once(Instant::max());
        }};
        ready.get_future().wait();
        INFO(error_);
        REQUIRE(error_.empty());
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() {
        stop_ = true;
        loop_->wake();
        thread_.join();
    }
    Result<ipc::Reply> ask(ipc::Type type = ipc::Type::ping) const {
        return update::ask(socket, request(type), plenty);
    }

    Folder folder;
    Path socket;

 private:
    std::thread thread_;
    std::string error_;
    EventLoop* loop_ = nullptr;
    std::atomic<bool> stop_{false};
};

/// A connection that sends what it likes.
class RawClient {
 public:
    explicit RawClient(const Path& socket) : client_{connect(socket)} {}
    bool send(const std::string& bytes) {
        return client_.send_all(bytes, EventLoop::now() + plenty).has_value();
    }
    bool send_json(const std::string& json) { return send(*ipc::frame(json)); }
    /// The next reply; nothing when the server closed.
    std::optional<ipc::Reply> reply() {
        std::array<char, 4096> bytes;
        for (;;) {
            if (auto message = in_.next()) return *ipc::decode_reply(*message);
            const auto count = client_.receive(bytes, EventLoop::now() + plenty);
            if (!count || !in_.feed(bytes.data(), *count)) return std::nullopt;
        }
    }
    bool closed_by_server() {
        const auto deadline = EventLoop::now() + plenty;
        std::array<char, 4096> bytes;
        while (client_.receive(bytes, deadline)) continue;
        return EventLoop::now() < deadline;
    }

 private:
    static LocalClient connect(const Path& socket) {
        auto client = LocalClient::connect(socket, EventLoop::now() + plenty);
        REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error().message()));
        return std::move(*client);
    }
    LocalClient client_;
    ipc::Deframer in_;
};

const std::string ping = R"({"v":1,"type":"Ping"})";

}  // namespace

TEST_CASE(
    "a request reaches the handler with the client's true number and account, and its reply the asker") {
    std::atomic<std::int64_t> pid{0};
    std::atomic<std::uint64_t> account{99};
    const Served served{[&](const ipc::Request& asked, const Peer& peer) {
        pid = peer.pid;
        account = peer.uid;
        return ipc::accepted(std::string{ipc::name(asked.type)});
    }};
    const auto reply = served.ask(ipc::Type::restart_agent);
    REQUIRE_MESSAGE(reply.has_value(), (reply ? "" : reply.error().message()));
    CHECK(reply->ok);
    CHECK(reply->message == "RestartAgent");
    CHECK(pid == ::GetCurrentProcessId());
    CHECK(account == account_number(own_account().sid));
}

TEST_CASE("several requests in one write are answered in order") {
    std::atomic<int> number{0};
    const Served served{
        [&](const ipc::Request&, const Peer&) { return ipc::accepted(std::to_string(++number)); }};
    RawClient client{served.socket};
    REQUIRE(client.send(*ipc::frame(ping) + *ipc::frame(ping) + *ipc::frame(ping)));
    for (const char* expected : {"1", "2", "3"}) {
        const auto reply = client.reply();
        REQUIRE(reply.has_value());
        CHECK(reply->message == expected);
    }
}

TEST_CASE("a message as long as a frame goes both ways, and a longer reply becomes an error") {
    std::atomic<std::size_t> length{60'000};
    const Served served{
        [&](const ipc::Request&, const Peer&) { return ipc::accepted(std::string(length, 'y')); }};
    RawClient client{served.socket};
    const std::string longest =
        ping.substr(0, ping.size() - 1) + R"(,"x":")" + std::string(60'000, 'x') + R"("})";
    REQUIRE(client.send_json(longest));
    auto reply = client.reply();
    REQUIRE(reply.has_value());
    CHECK(reply->message == std::string(60'000, 'y'));
    length = 70'000;
    REQUIRE(client.send_json(ping));
    reply = client.reply();
    REQUIRE(reply.has_value());
    CHECK(reply->error == ipc::word::bug);
}

TEST_CASE("a client that sends byte by byte is served, and so are the others meanwhile") {
    const Served served;
    RawClient slow{served.socket};
    const std::string whole = *ipc::frame(ping);
    for (const char c : whole) {
        REQUIRE(slow.send(std::string(1, c)));
        REQUIRE(served.ask().has_value());
    }
    const auto reply = slow.reply();
    REQUIRE(reply.has_value());
    CHECK(reply->ok);
}

TEST_CASE("a silent client holds nobody up and is closed after the idle time") {
    IpcServerOptions options;
    options.idle_timeout = 300ms;
    const Served served{agree, options};
    RawClient silent{served.socket};
    CHECK(served.ask().has_value());
    CHECK(silent.closed_by_server());
}

TEST_CASE("a client that does not take its replies holds nobody up and is closed") {
    IpcServerOptions options;
    options.idle_timeout = 500ms;
    options.requests_burst = 1000;
    const Served served{
        [](const ipc::Request&, const Peer&) { return ipc::accepted(std::string(60'000, 'y')); }, options};
    RawClient greedy{served.socket};
    for (int i = 0; i < 40; ++i) REQUIRE(greedy.send_json(ping));  // 2.4 MB of replies, 64 KiB of buffer
    CHECK(served.ask().has_value());
    CHECK(greedy.closed_by_server());
}

TEST_CASE("a frame that announces too much ends its connection, with the reason") {
    const Served served;
    RawClient client{served.socket};
    REQUIRE(client.send(std::string("\xff\xff\xff\xff", 4)));
    const auto reply = client.reply();
    REQUIRE(reply.has_value());
    CHECK(reply->error == ipc::word::bad_request);
    CHECK(client.closed_by_server());
}

TEST_CASE("the 33rd client is turned away, and welcome once another has left") {
    const Served served;
    std::deque<RawClient> clients;
    for (int i = 0; i < 32; ++i) {
        clients.emplace_back(served.socket);
        REQUIRE(clients.back().send_json(ping));
        REQUIRE(clients.back().reply().has_value());
    }
    RawClient late{served.socket};
    const auto reply = late.reply();
    REQUIRE(reply.has_value());
    CHECK(reply->error == ipc::word::busy);
    clients.pop_front();
    const auto deadline = EventLoop::now() + plenty;
    bool welcome = false;  // the server notices the end in its own time
    while (!welcome && EventLoop::now() < deadline) {
        const auto asked = served.ask();
        welcome = asked && asked->ok;
    }
    CHECK(welcome);
}

TEST_CASE("an account that asks too often is told so") {
    IpcServerOptions options;
    options.requests_per_second = 1;
    options.requests_burst = 3;
    const Served served{agree, options};
    RawClient client{served.socket};  // connecting counts, too
    for (int i = 0; i < 2; ++i) {
        REQUIRE(client.send_json(ping));
        REQUIRE(client.reply()->ok);
    }
    REQUIRE(client.send_json(ping));
    const auto reply = client.reply();
    REQUIRE(reply.has_value());
    CHECK(reply->error == ipc::word::busy);
}

TEST_CASE("clients that go away in the middle of anything leave the server standing") {
    const Served served;
    const std::string whole = *ipc::frame(ping);
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{9}, whole.size()}) {
        RawClient client{served.socket};
        if (length > 0) REQUIRE(client.send(whole.substr(0, length)));
    }
    CHECK(served.ask().has_value());
}

TEST_CASE("a second server is turned away while the first lives, and takes its place afterwards") {
    Folder folder;
    auto loop = std::move(*EventLoop::create());
    IpcServerOptions options;
    options.socket = folder / "watchdog.sock";
    auto first = IpcServer::open(*loop, options, agree);
    REQUIRE_MESSAGE(first.has_value(), (first ? "" : first.error().message()));
    CHECK(code(IpcServer::open(*loop, options, agree)) == ErrorCode::retry_later);
    first->reset();
    CHECK(IpcServer::open(*loop, options, agree).has_value());
}

TEST_CASE("where nobody listens nobody is found") {
    Folder folder;
    CHECK(code(ask(folder / "absent.sock", {}, plenty)) == ErrorCode::not_found);
    CHECK(code(ask("relative.sock", {}, plenty)) == ErrorCode::refused);
}

TEST_CASE("a server that says nothing costs the time-out and no more") {
    Folder folder;
    const Path socket = folder / "mute.sock";
    const auto rights = private_rights();
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights->get(), FALSE};
    const Handle mute{::CreateNamedPipeW(pipe_name(socket)->c_str(),
                                         PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096,
                                         4096, 0, &attributes)};
    REQUIRE(mute);
    const auto began = EventLoop::now();
    CHECK(code(ask(socket, {}, 300ms)) == ErrorCode::timed_out);
    // Its only instance is taken now: the next one does not even get in.
    const Handle taken{
        ::CreateFileW(pipe_name(socket)->c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr)};
    CHECK(code(ask(socket, {}, 300ms)) == ErrorCode::timed_out);
    CHECK(EventLoop::now() - began < 10s);
}

TEST_CASE("a path of any length has a name, and paths that differ have different ones") {
    const std::string folder = "C:\\" + std::string(300, 'a');
    const auto one = pipe_name(folder + "\\b\\x.sock"), other = pipe_name(folder + "b\\b\\x.sock");
    REQUIRE(one.has_value());
    CHECK(one->size() <= 256);
    CHECK(*one != *other);
    CHECK(*pipe_name("C:\\Data\\x.sock") == *pipe_name("c:/data/X.sock"));
}

TEST_CASE("the pipe has the rights that it was created with") {
    IpcServerOptions options;
    options.visibility = Visibility::public_status;
    const Served served{agree, options};
    const Handle pipe{::CreateFileW(pipe_name(served.socket)->c_str(), READ_CONTROL | FILE_READ_DATA, 0,
                                    nullptr, OPEN_EXISTING, 0, nullptr)};
    REQUIRE(pipe);
    const auto dacl = dacl_of(pipe.get());
    REQUIRE_MESSAGE(dacl.has_value(), (dacl ? "" : dacl.error().message()));
    MESSAGE(*dacl);
    CHECK(dacl->starts_with("D:P(D;;"));
    for (const char* entry : {";;;NU)", ";;;SY)", ";;;BA)", "(A;;0x12019b;;;AU)"})
        CHECK_MESSAGE(dacl->find(entry) != std::string::npos, entry);
    const auto owner = owner_of(pipe.get());
    REQUIRE(owner.has_value());
    CHECK(check_owner(pipe.get()).has_value());
}

TEST_CASE("nobody becomes the first instance of a pipe that is served, not even the same account") {
    SKIP_UNDER_WINE("it lets a second server be the first instance");
    const Served served;
    const Handle second{::CreateNamedPipeW(pipe_name(served.socket)->c_str(),
                                           PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE,
                                           PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, nullptr)};
    CHECK_FALSE(second);
}
