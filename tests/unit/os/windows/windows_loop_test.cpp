// One thread's waiting, and what asks a process to end.
#include <thread>

#include "os/control_watch.hpp"
#include "os/loop_channel.hpp"
#include "os/termination.hpp"
#include "processes.hpp"

using namespace update;
using namespace windows_test;

namespace {

std::unique_ptr<EventLoop> make_loop() { return std::move(*EventLoop::create()); }
Handle make_event() { return Handle{::CreateEventW(nullptr, TRUE, FALSE, nullptr)}; }

/// Named in the environment as a supervisor does.
class StopEvent {
 public:
    StopEvent() : event_{::CreateEventW(nullptr, TRUE, FALSE, L"Global\\update-test-stop")} {
        ::_putenv_s(stop_event_variable, "Global\\update-test-stop");
    }
    StopEvent(const StopEvent&) = delete;
    StopEvent& operator=(const StopEvent&) = delete;
    ~StopEvent() { ::_putenv_s(stop_event_variable, ""); }
    void set() const { ::SetEvent(event_.get()); }

 private:
    Handle event_;
};

}  // namespace

TEST_CASE("a loop with nothing to do returns at its deadline and not before") {
    auto loop = make_loop();
    const Instant deadline = EventLoop::now() + 30ms;
    CHECK_FALSE(loop->run_once(deadline));
    CHECK(EventLoop::now() >= deadline);
}

TEST_CASE("a handle that is signalled calls back, again and again until it is reset") {
    auto loop = make_loop();
    const Handle event = make_event();
    int calls = 0;
    REQUIRE(
        loop->watch(event.get(), EventLoop::Interest::read, [&](Ready ready) { calls += ready.readable; }));
    CHECK_FALSE(loop->run_once(Instant::min()));
    ::SetEvent(event.get());
    CHECK(loop->run_once(EventLoop::now() + plenty));
    CHECK(loop->run_once(EventLoop::now() + plenty));
    CHECK(calls == 2);
    loop->change(event.get(), EventLoop::Interest::nothing);
    CHECK_FALSE(loop->run_once(Instant::min()));
    loop->forget(event.get());
}

TEST_CASE("an event of a forgotten handle reaches nobody") {
    auto loop = make_loop();
    const Handle first = make_event(), second = make_event();
    int called = 0;
    const auto forget_both = [&](Ready) {
        ++called;
        loop->forget(first.get());
        loop->forget(second.get());
    };
    REQUIRE(loop->watch(first.get(), EventLoop::Interest::read, forget_both));
    REQUIRE(loop->watch(second.get(), EventLoop::Interest::read, forget_both));
    ::SetEvent(first.get());
    ::SetEvent(second.get());
    loop->run_once(EventLoop::now() + plenty);
    loop->run_once(Instant::min());
    CHECK(called == 1);
}

TEST_CASE("many handles that are always ready get their turn, each of them") {
    auto loop = make_loop();
    std::vector<Handle> events(60);
    std::vector<int> calls(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        events[i] = make_event();
        ::SetEvent(events[i].get());
        REQUIRE(loop->watch(events[i].get(), EventLoop::Interest::read, [&calls, i](Ready) { ++calls[i]; }));
    }
    for (std::size_t i = 0; i < events.size(); ++i) loop->run_once(Instant::min());
    for (const int count : calls) CHECK(count > 0);
}

TEST_CASE("more than the system can wait for is refused, and the rest goes on") {
    auto loop = make_loop();
    std::vector<Handle> events(64);
    std::size_t watched = 0;
    for (auto& event : events) {
        event = make_event();
        watched += loop->watch(event.get(), EventLoop::Interest::read, [](Ready) {}).has_value();
    }
    CHECK(watched == 63);
    ::SetEvent(events[62].get());
    CHECK(loop->run_once(EventLoop::now() + plenty));
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

TEST_CASE("the supervisor's event is a request to end, also when it came before anybody waited") {
    const StopEvent stop;
    stop.set();
    auto loop = make_loop();
    std::vector<EventLoop::Request> requests;
    REQUIRE(loop->watch_requests([&](EventLoop::Request request) { requests.push_back(request); }));
    while (requests.empty() && loop->run_once(EventLoop::now() + plenty)) continue;
    CHECK(requests == std::vector{EventLoop::Request::terminate});
}

TEST_CASE("a request that comes while a program has only blocked them is kept for who waits next") {
    const TerminationBlock block;
    tell_request(EventLoop::Request::interrupt);
    auto loop = make_loop();
    std::vector<EventLoop::Request> requests;
    REQUIRE(loop->watch_requests([&](EventLoop::Request request) { requests.push_back(request); }));
    CHECK(loop->run_once(EventLoop::now() + plenty));
    CHECK(requests == std::vector{EventLoop::Request::interrupt});
}

TEST_CASE("a termination calls back on another thread") {
    const StopEvent stop;
    const Handle called = make_event();
    DWORD thread = 0;
    const Termination termination{[&] {
        thread = ::GetCurrentThreadId();
        ::SetEvent(called.get());
    }};
    stop.set();
    CHECK(::WaitForSingleObject(called.get(), 30'000) == WAIT_OBJECT_0);
    CHECK(thread != ::GetCurrentThreadId());
}

TEST_CASE("Ctrl+Break asks to end") {
    SKIP_UNDER_WINE("it has no console control events without a console");
    auto loop = make_loop();
    std::vector<EventLoop::Request> requests;
    REQUIRE(loop->watch_requests([&](EventLoop::Request request) { requests.push_back(request); }));
    REQUIRE(::GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0));
    while (requests.empty() && loop->run_once(EventLoop::now() + plenty)) continue;
    CHECK(requests == std::vector{EventLoop::Request::terminate});
}

TEST_CASE("a channel gives out what was pushed, and its deadline") {
    auto loop = make_loop();
    LoopChannel channel{*loop, "C:\\nowhere\\watchdog.sock"};
    channel.push({Signal::Kind::woken});
    CHECK(channel.wait(Instant::max()).kind == Signal::Kind::woken);
    const Instant deadline = EventLoop::now() + 20ms;
    CHECK(channel.wait(deadline).kind == Signal::Kind::deadline);
    CHECK(EventLoop::now() >= deadline);
    CHECK(code(channel.ping_watchdog()) == ErrorCode::not_found);
}
