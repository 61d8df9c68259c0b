#include "support.hpp"

using namespace update;
using namespace update::test;
using ipc::Type;

namespace {

const std::string ping = R"({"v":1,"type":"Ping"})";

IpcServerOptions options_for(const TempFolder& folder) {
    IpcServerOptions options;
    options.socket = folder / "watchdog.sock";
    return options;
}

bool others_are_served(const IpcServerOptions& options) {
    const auto reply = ask(options.socket, request(Type::ping), plenty);
    return reply && reply->ok;
}

}  // namespace

TEST_CASE("a silent client holds nobody up and is closed after the idle time") {
    TempFolder folder;
    auto options = options_for(folder);
    options.idle_timeout = 50ms;
    const ServerThread server{options, agree};
    const RawClient silent{options.socket};
    CHECK(others_are_served(options));
    CHECK(silent.closed_by_server());
}

TEST_CASE("a client that sends byte by byte is served, and so are the others meanwhile") {
    TempFolder folder;
    const auto options = options_for(folder);
    const ServerThread server{options, agree};
    RawClient slow{options.socket};
    const std::string framed = *ipc::frame(ping);
    for (const char byte : framed) {
        REQUIRE(slow.send(std::string(1, byte)));
        CHECK(others_are_served(options));
    }
    CHECK(slow.reply()->ok);
}

TEST_CASE("bytes that never become a request do not keep a connection open") {
    TempFolder folder;
    auto options = options_for(folder);
    options.idle_timeout = 100ms;
    const ServerThread server{options, agree};
    const RawClient dripping{options.socket};
    REQUIRE(dripping.send(std::string("\0\0\xff\0", 4)));
    const Instant begin = EventLoop::now();
    bool alive = true;
    while (alive && EventLoop::now() < begin + plenty) {
        alive = dripping.send("x");
        pollfd poll{dripping.fd(), POLLIN, 0};
        ::poll(&poll, 1, 5);
    }
    CHECK_FALSE(alive);
}

TEST_CASE("every request gives a connection its idle time anew") {
    TempFolder folder;
    auto options = options_for(folder);
    options.idle_timeout = 300ms;
    const ServerThread server{options, agree};
    RawClient busy{options.socket};
    const Instant begin = EventLoop::now();
    int replies = 0;
    while (EventLoop::now() < begin + 700ms) {
        REQUIRE(busy.send_json(ping));
        REQUIRE(busy.reply().has_value());
        ++replies;
        pollfd poll{busy.fd(), POLLIN, 0};
        ::poll(&poll, 1, 30);
    }
    CHECK(replies > 3);
}

TEST_CASE("a frame that announces too much or nothing ends its connection, with the reason") {
    for (const std::string& header :
         {std::string("\0\1\0\1", 4), std::string("\xff\xff\xff\xff"), std::string(4, '\0')}) {
        TempFolder folder;
        const auto options = options_for(folder);
        const ServerThread server{options, agree};
        RawClient client{options.socket};
        REQUIRE(client.send(header));
        CHECK(client.reply()->error == "bad-request");
        CHECK(client.closed_by_server());
        CHECK(others_are_served(options));
    }
}

TEST_CASE("the 33rd client is turned away, and welcome once another has left") {
    TempFolder folder;
    const auto options = options_for(folder);
    const ServerThread server{options, agree};
    std::vector<RawClient> clients;
    for (int i = 0; i < 32; ++i) {
        clients.emplace_back(options.socket);
        REQUIRE(clients.back().send_json(ping));
        REQUIRE(clients.back().reply()->ok);
    }
    RawClient one_too_many{options.socket};
    CHECK(one_too_many.reply()->error == "busy");
    CHECK(one_too_many.closed_by_server());
    CHECK(ask(options.socket, request(Type::ping), plenty)->error ==
          "busy");  // although its request was not read
    clients.pop_back();
    // The server may look at the new connection before it has seen the end of the old one.
    bool welcome = false;
    for (int i = 0; i < 50 && !welcome; ++i) welcome = others_are_served(options);
    CHECK(welcome);
}

TEST_CASE("foreign accounts cannot take all connections") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    ::chmod(folder.path().c_str(), 0711);
    auto options = options_for(folder);
    options.socket = folder / "public/watchdog.sock";
    options.visibility = Visibility::public_status;
    const ServerThread server{options, agree};
    CHECK(as_nobody([&] {
              std::vector<RawClient> clients;
              int served = 0;
              for (int i = 0; i < 40; ++i) {
                  clients.emplace_back(options.socket);
                  clients.back().send_json(ping);
                  const auto reply = clients.back().reply();
                  served += reply && reply->ok ? 1 : 0;
              }
              return served;
          }) == 16);
    CHECK(others_are_served(options));
}

TEST_CASE("an account that asks too often is told so, and others are not") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    ::chmod(folder.path().c_str(), 0711);
    auto options = options_for(folder);
    options.socket = folder / "public/watchdog.sock";
    options.visibility = Visibility::public_status;
    options.requests_per_second = 1;
    options.requests_burst = 5;
    const ServerThread server{options, agree};
    CHECK(as_nobody([&] {
              RawClient client{options.socket};
              int served = 0;
              for (int i = 0; i < 20; ++i) {
                  client.send_json(ping);
                  const auto reply = client.reply();
                  if (!reply) break;
                  served += reply->ok ? 1 : 0;
              }
              return served;
          }) == 4);  // the connection was the fifth
    CHECK(others_are_served(options));
}

TEST_CASE("a client that does not take its replies holds nobody up and is closed") {
    TempFolder folder;
    auto options = options_for(folder);
    options.idle_timeout = 200ms;
    options.requests_burst = 10'000;
    std::atomic<int> answered{0};
    const ServerThread server{options, [&](const ipc::Request& r, const Peer&) {
                                  ++answered;
                                  return ipc::accepted(std::string(r.type == Type::status ? 60'000 : 1, 'x'));
                              }};
    const RawClient greedy{options.socket};
    const std::string status = *ipc::frame(R"({"v":1,"type":"Status"})");
    for (int i = 0; i < 1000; ++i)
        ::send(greedy.fd(), status.data(), status.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    CHECK(others_are_served(options));
    // What the kernel's buffer holds, and not a reply for each of the thousand.
    CHECK(answered < 50);
    CHECK(greedy.closed_by_server());
}

TEST_CASE("a client that goes away in the middle of anything leaves the server standing") {
    TempFolder folder;
    auto options = options_for(folder);
    options.requests_burst = 10'000;
    const ServerThread server{options, agree};
    const std::string framed = *ipc::frame(ping);
    for (std::size_t sent = 0; sent <= framed.size(); ++sent) {
        const RawClient leaving{options.socket};
        REQUIRE(leaving.send(framed.substr(0, sent)));
    }
    CHECK(others_are_served(options));
}

TEST_CASE("while a handler runs the loop other clients are served, and its own may vanish") {
    TempFolder folder;
    auto options = options_for(folder);
    auto loop = std::move(*EventLoop::create());
    const std::string roll_back = *ipc::frame(R"({"v":1,"type":"RollBack"})");
    std::unique_ptr<RawClient> outer;
    bool inner_served = false, outer_left = false;
    int roll_backs = 0;
    const auto server = IpcServer::open(*loop, options, [&](const ipc::Request& r, const Peer&) {
        if (r.type == Type::ping) {
            inner_served = true;
            return ipc::accepted();
        }
        ++roll_backs;
        const Instant deadline = EventLoop::now() + plenty;
        while (!inner_served && EventLoop::now() < deadline) loop->run_once(deadline);
        outer->send(roll_back);  // lies in the kernel when its sender is gone
        outer.reset();
        for (int i = 0; i < 3; ++i) loop->run_once(Instant::min());
        outer_left = true;
        return ipc::accepted();
    });
    REQUIRE(server.has_value());
    outer = std::make_unique<RawClient>(options.socket);
    REQUIRE(outer->send(roll_back));
    RawClient inner{options.socket};
    REQUIRE(inner.send_json(ping));
    const Instant deadline = EventLoop::now() + plenty;
    while (!outer_left && EventLoop::now() < deadline) loop->run_once(deadline);
    CHECK(inner.reply()->ok);
    CHECK(roll_backs == 1);
    CHECK((*server)->clients() == 1);
}

TEST_CASE("a handler that takes longer than the idle time does not cost its client the reply") {
    TempFolder folder;
    auto options = options_for(folder);
    options.idle_timeout = 20ms;
    auto loop = std::move(*EventLoop::create());
    bool answered = false;
    const auto server = IpcServer::open(*loop, options, [&](const ipc::Request&, const Peer&) {
        const Instant later = EventLoop::now() + 60ms;
        while (EventLoop::now() < later) loop->run_once(later);
        answered = true;
        return ipc::accepted();
    });
    REQUIRE(server.has_value());
    RawClient client{options.socket};
    REQUIRE(client.send_json(ping));
    const Instant deadline = EventLoop::now() + plenty;
    while (!answered && EventLoop::now() < deadline) loop->run_once(deadline);
    CHECK(client.reply().has_value());
}
