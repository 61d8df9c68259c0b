#include <algorithm>
#include <csignal>

#include "os/loop_channel.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0); }
    ~Pipe() {
        for (const int end : ends) ::close(end);
    }
    void fill() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
    int read_end() const { return ends[0]; }
    int ends[2];
};

std::unique_ptr<EventLoop> make_loop() { return std::move(*EventLoop::create()); }

}  // namespace

TEST_CASE("a loop with nothing to do returns at its deadline and not before") {
    auto loop = make_loop();
    const Instant deadline = EventLoop::now() + 30ms;
    CHECK_FALSE(loop->run_once(deadline));
    CHECK(EventLoop::now() >= deadline);
}

TEST_CASE("a descriptor that is ready calls back") {
    auto loop = make_loop();
    Pipe pipe;
    int calls = 0;
    REQUIRE(loop->watch(pipe.read_end(), EventLoop::Interest::read,
                        [&](Ready ready) { calls += ready.readable; }));
    CHECK_FALSE(loop->run_once(Instant::min()));
    pipe.fill();
    CHECK(loop->run_once(EventLoop::now() + plenty));
    CHECK(calls == 1);
}

TEST_CASE("an event of a forgotten descriptor does not reach the next owner of its number") {
    auto loop = make_loop();
    Pipe first, second;
    bool next_owner_called = false;
    int called = 0;
    // Both are ready in one round; whichever comes first replaces the other.
    const auto replace = [&](Pipe& other) {
        ++called;
        loop->forget(first.read_end());
        loop->forget(second.read_end());
        REQUIRE(loop->watch(other.read_end(), EventLoop::Interest::write,
                            [&](Ready) { next_owner_called = true; }));
    };
    REQUIRE(loop->watch(first.read_end(), EventLoop::Interest::read, [&](Ready) { replace(second); }));
    REQUIRE(loop->watch(second.read_end(), EventLoop::Interest::read, [&](Ready) { replace(first); }));
    first.fill();
    second.fill();
    loop->run_once(EventLoop::now() + plenty);
    CHECK(called == 1);
    CHECK_FALSE(next_owner_called);
}

TEST_CASE("timers run in the order of their times, and not when cancelled") {
    auto loop = make_loop();
    std::string order;
    const Instant now = EventLoop::now();
    loop->call_at(now + 2ms, [&] { order += 'b'; });
    loop->call_at(now + 1ms, [&] { order += 'a'; });
    const auto cancelled = loop->call_at(now + 3ms, [&] { order += 'x'; });
    loop->call_at(now + 4ms, [&] { order += 'c'; });
    loop->cancel(cancelled);
    while (order.size() < 3 && EventLoop::now() < now + plenty) loop->run_once(now + plenty);
    CHECK(order == "abc");
}

TEST_CASE("another thread ends a wait that has no deadline") {
    auto loop = make_loop();
    std::thread other{[&] { loop->wake(); }};
    CHECK(loop->run_once(Instant::max()));
    other.join();
    CHECK_FALSE(loop->run_once(Instant::min()));
}

TEST_CASE("a termination request comes as a callback and leaves the process alive") {
    auto loop = make_loop();
    std::vector<EventLoop::Request> requests;
    REQUIRE(loop->watch_requests([&](EventLoop::Request request) { requests.push_back(request); }));
    ::kill(::getpid(), SIGTERM);
    ::kill(::getpid(), SIGHUP);
    while (requests.size() < 2 && loop->run_once(EventLoop::now() + plenty)) continue;
    CHECK(std::ranges::count(requests, EventLoop::Request::terminate) == 1);
    CHECK(std::ranges::count(requests, EventLoop::Request::reload) == 1);
}

TEST_CASE("a callback may run the loop itself") {
    auto loop = make_loop();
    Pipe outer, inner;
    bool inner_ran = false;
    REQUIRE(loop->watch(inner.read_end(), EventLoop::Interest::read, [&](Ready) {
        inner_ran = true;
        loop->forget(inner.read_end());
    }));
    REQUIRE(loop->watch(outer.read_end(), EventLoop::Interest::read, [&](Ready) {
        loop->forget(outer.read_end());
        inner.fill();
        while (!inner_ran && loop->run_once(EventLoop::now() + plenty)) continue;
    }));
    outer.fill();
    loop->run_once(EventLoop::now() + plenty);
    CHECK(inner_ran);
}

TEST_CASE("a channel without signals waits until its deadline and says so") {
    auto loop = make_loop();
    LoopChannel channel{*loop, "/nonexistent/socket"};
    const Instant deadline = EventLoop::now() + 20ms;
    CHECK(channel.wait(deadline).kind == Signal::Kind::deadline);
    CHECK(EventLoop::now() >= deadline);
}

TEST_CASE("signals come in the order in which they were pushed, also after the deadline") {
    auto loop = make_loop();
    LoopChannel channel{*loop, "/nonexistent/socket"};
    Signal ready{Signal::Kind::ready, "", "1.1", true, {}};
    channel.push({Signal::Kind::alive, "", "", false, {}});
    channel.push(ready);
    CHECK(channel.wait(Instant::min()).kind == Signal::Kind::alive);
    CHECK(channel.wait(Instant::min()).version == "1.1");
    CHECK(channel.wait(Instant::min()).kind == Signal::Kind::deadline);
}

TEST_CASE("a signal of another thread ends a channel's wait") {
    auto loop = make_loop();
    LoopChannel channel{*loop, "/nonexistent/socket"};
    std::thread other{[&] { channel.push({Signal::Kind::cancelled, "u1", "", false, {}}); }};
    CHECK(channel.wait(EventLoop::now() + plenty).update_id == "u1");
    other.join();
}

TEST_CASE("a signal pushed by a callback that is due at the deadline is not lost") {
    auto loop = make_loop();
    LoopChannel channel{*loop, "/nonexistent/socket"};
    Pipe pipe;
    REQUIRE(loop->watch(pipe.read_end(), EventLoop::Interest::read, [&](Ready) {
        loop->forget(pipe.read_end());
        channel.push({Signal::Kind::woken, "", "", false, {}});
    }));
    pipe.fill();
    CHECK(channel.wait(Instant::min()).kind == Signal::Kind::woken);
}
