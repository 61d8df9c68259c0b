#include <cerrno>
#include <csignal>
#include <ctime>
#include <limits>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/os_error.hpp"
#include "os/waiter.hpp"

namespace update {
namespace {

constexpr std::array<int, 3> request_signals{SIGTERM, SIGINT, SIGHUP};
constexpr std::array<EventLoop::Request, 3> requests{
    EventLoop::Request::terminate, EventLoop::Request::interrupt, EventLoop::Request::reload};

std::uint32_t events_of(EventLoop::Interest interest) {
    if (interest == EventLoop::Interest::read) return EPOLLIN;
    return interest == EventLoop::Interest::write ? std::uint32_t{EPOLLOUT} : 0;
}

int milliseconds_until(Instant deadline) {
    const Instant present = EventLoop::now();
    if (deadline <= present) return 0;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - present).count();
    return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

class EpollWaiter final : public Waiter {
 public:
    EpollWaiter(Fd epoll, Fd wakeup) : epoll_{std::move(epoll)}, wakeup_{std::move(wakeup)} {}

    Status add(int fd, Interest interest, std::uint64_t token) override {
        if (control(EPOLL_CTL_ADD, fd, interest, token)) return done();
        return os_error(errno, "watch descriptor");
    }
    void change(int fd, Interest interest, std::uint64_t token) override {
        (void)control(EPOLL_CTL_MOD, fd, interest, token);
    }
    void remove(int fd) override { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

    void wake() noexcept override {
        const int error_before = errno;
        const std::uint64_t one = 1;
        // Fails only when the counter is full, and then the loop is about to wake anyway.
        (void)!::write(wakeup_.get(), &one, sizeof one);
        errno = error_before;
    }

    std::size_t wait(Instant deadline, Events& found) override {
        std::array<epoll_event, std::tuple_size_v<Events>> events;
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                       milliseconds_until(deadline));
        for (std::size_t i = 0; static_cast<int>(i) < count; ++i) {
            const epoll_event& event = events[i];
            found[i] = {event.data.u64,
                        {(event.events & ~std::uint32_t{EPOLLOUT}) != 0, (event.events & EPOLLOUT) != 0}};
            std::uint64_t wakes = 0;
            // Emptied or not, the loop returns, which is all that a wake-up wants.
            if (event.data.u64 == woken) (void)!::read(wakeup_.get(), &wakes, sizeof wakes);
        }
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }

 private:
    bool control(int operation, int fd, Interest interest, std::uint64_t token) const {
        epoll_event event{};
        event.events = events_of(interest);
        event.data.u64 = token;
        return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
    }
    Fd epoll_, wakeup_;
};

class SignalSource final : public RequestSource {
 public:
    SignalSource(Fd signals, const ::sigset_t& before) : signals_{std::move(signals)}, before_{before} {}
    SignalSource(const SignalSource&) = delete;
    SignalSource& operator=(const SignalSource&) = delete;
    ~SignalSource() override {
        signals_.reset();
        ::sigset_t ours;
        ::sigemptyset(&ours);
        for (const int signal : request_signals)
            if (::sigismember(&before_, signal) == 0) ::sigaddset(&ours, signal);
        ::pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
    }
    int waitable() const override { return signals_.get(); }
    std::vector<EventLoop::Request> take() override {
        std::vector<EventLoop::Request> taken;
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
            for (std::size_t i = 0; i < request_signals.size(); ++i)
                if (info.ssi_signo == static_cast<std::uint32_t>(request_signals[i]))
                    taken.push_back(requests[i]);
        return taken;
    }

 private:
    Fd signals_;
    ::sigset_t before_;
};

}  // namespace

Instant EventLoop::now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant{std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_nsec / 1000}};
}

Result<std::unique_ptr<Waiter>> Waiter::create() {
    Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return os_error(errno, "create epoll descriptor");
    Fd wakeup{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (!wakeup) return os_error(errno, "create wake-up descriptor");
    const int descriptor = wakeup.get();
    auto waiter = std::make_unique<EpollWaiter>(std::move(epoll), std::move(wakeup));
    UPDATE_CHECK(waiter->add(descriptor, Interest::read, woken), "wake-ups");
    return std::unique_ptr<Waiter>{std::move(waiter)};
}

Result<std::unique_ptr<RequestSource>> RequestSource::create() {
    ::sigset_t set, before;
    ::sigemptyset(&set);
    for (const int signal : request_signals) ::sigaddset(&set, signal);
    Fd signals{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!signals) return os_error(errno, "create signal descriptor");
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    return std::unique_ptr<RequestSource>{std::make_unique<SignalSource>(std::move(signals), before)};
}

}  // namespace update
