#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <limits>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/event_loop.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

constexpr std::array<int, 3> request_signals{SIGTERM, SIGINT, SIGHUP};
constexpr std::array<EventLoop::Request, 3> requests{
    EventLoop::Request::terminate, EventLoop::Request::interrupt, EventLoop::Request::reload};

std::uint32_t events_of(EventLoop::Interest interest) {
    if (interest == EventLoop::Interest::read) return EPOLLIN;
    return interest == EventLoop::Interest::write ? std::uint32_t{EPOLLOUT} : 0;
}

}  // namespace

Instant EventLoop::now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant{std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_nsec / 1000}};
}

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
    std::unique_ptr<EventLoop> loop{new EventLoop};
    loop->epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_ < 0) return os_error(errno, "create event loop");
    loop->wakeup_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wakeup_ < 0) return os_error(errno, "create wake-up descriptor");
    const int wakeup = loop->wakeup_;
    UPDATE_CHECK(loop->watch(wakeup, Interest::read,
                             [wakeup](Ready) {
                                 std::uint64_t count = 0;
                                 // Emptied or not, the loop has returned, which is all that a wake-up wants.
                                 (void)!::read(wakeup, &count, sizeof count);
                             }),
                 "create event loop");
    return loop;
}

EventLoop::~EventLoop() {
    for (const int fd : {epoll_, wakeup_, signals_})
        if (fd >= 0) ::close(fd);
    if (signals_ < 0) return;
    sigset_t ours;
    ::sigemptyset(&ours);
    for (std::size_t i = 0; i < request_signals.size(); ++i)
        if (!signals_blocked_before_[i]) ::sigaddset(&ours, request_signals[i]);
    ::pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
}

Status EventLoop::watch(int fd, Interest interest, std::function<void(Ready)> callback) {
    epoll_event event{};
    event.events = events_of(interest);
    event.data.u64 = ++last_token_;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return os_error(errno, "watch descriptor");
    tokens_[fd] = last_token_;
    watches_[last_token_] = Watch{fd, std::make_shared<std::function<void(Ready)>>(std::move(callback))};
    return done();
}

void EventLoop::change(int fd, Interest interest) {
    epoll_event event{};
    event.events = events_of(interest);
    event.data.u64 = tokens_.at(fd);
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::forget(int fd) {
    const auto token = tokens_.find(fd);
    if (token == tokens_.end()) return;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    watches_.erase(token->second);
    tokens_.erase(token);
}

EventLoop::Timer EventLoop::call_at(Instant when, std::function<void()> callback) {
    const Timer timer = ++last_token_;
    timers_.emplace(std::pair{when, timer}, std::move(callback));
    timer_times_.emplace(timer, when);
    return timer;
}

void EventLoop::cancel(Timer timer) {
    const auto time = timer_times_.find(timer);
    if (time == timer_times_.end()) return;
    timers_.erase({time->second, timer});
    timer_times_.erase(time);
}

Status EventLoop::watch_requests(std::function<void(Request)> callback) {
    sigset_t set, before;
    ::sigemptyset(&set);
    for (const int signal : request_signals) ::sigaddset(&set, signal);
    signals_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals_ < 0) return os_error(errno, "create signal descriptor");
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    for (std::size_t i = 0; i < request_signals.size(); ++i)
        signals_blocked_before_[i] = ::sigismember(&before, request_signals[i]) == 1;
    const int fd = signals_;
    return watch(fd, Interest::read, [fd, callback = std::move(callback)](Ready) {
        signalfd_siginfo info{};
        while (::read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
            for (std::size_t i = 0; i < request_signals.size(); ++i)
                if (info.ssi_signo == static_cast<std::uint32_t>(request_signals[i])) callback(requests[i]);
    });
}

void EventLoop::wake() noexcept {
    const int error_before = errno;
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the loop is about to wake anyway.
    (void)!::write(wakeup_, &one, sizeof one);
    errno = error_before;
}

int EventLoop::wait_ms(Instant deadline) const {
    if (!timers_.empty()) deadline = std::min(deadline, timers_.begin()->first.first);
    const Instant present = now();
    if (deadline <= present) return 0;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - present).count();
    return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

bool EventLoop::run_once(Instant deadline) {
    std::array<epoll_event, 16> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms(deadline));
    bool ran = false;
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        ran |= dispatch(event.data.u64, (event.events & ~std::uint32_t{EPOLLOUT}) != 0,
                        (event.events & EPOLLOUT) != 0);
    }
    return run_timers() || ran;
}

bool EventLoop::dispatch(std::uint64_t token, bool readable, bool writable) {
    const auto found = watches_.find(token);
    if (found == watches_.end()) return false;
    const auto callback = found->second.callback;  // survives a forget() inside the call
    (*callback)(Ready{readable, writable});
    return true;
}

bool EventLoop::run_timers() {
    bool ran = false;
    const Instant present = now();
    while (!timers_.empty() && timers_.begin()->first.first <= present) {
        auto timer = timers_.extract(timers_.begin());
        timer_times_.erase(timer.key().second);
        timer.mapped()();
        ran = true;
    }
    return ran;
}

}  // namespace update
