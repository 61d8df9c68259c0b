#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <thread>

#include "os/fd.hpp"
#include "os/termination.hpp"

namespace update {

struct Termination::Impl {
    std::function<void()> requested;
    ::sigset_t before{};
    Fd signals, stop;
    std::thread thread;

    void listen() const {
        ::pollfd waiting[] = {{signals.get(), POLLIN, 0}, {stop.get(), POLLIN, 0}};
        while (::poll(waiting, 2, -1) < 0) continue;  // only EINTR
        if ((waiting[0].revents & POLLIN) == 0) return;
        ::signalfd_siginfo taken;  // else it would be delivered the old way once it is unblocked
        if (::read(signals.get(), &taken, sizeof taken) == sizeof taken) requested();
    }
};

Termination::Termination(std::function<void()> requested) : impl_{std::make_unique<Impl>()} {
    impl_->requested = std::move(requested);
    ::sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGTERM);
    ::sigaddset(&wanted, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &impl_->before);
    impl_->signals.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    impl_->stop.reset(::eventfd(0, EFD_CLOEXEC));
    impl_->thread = std::thread{[impl = impl_.get()] { impl->listen(); }};
}

Termination::~Termination() {
    ::eventfd_write(impl_->stop.get(), 1);
    impl_->thread.join();
    ::pthread_sigmask(SIG_SETMASK, &impl_->before, nullptr);
}

struct TerminationBlock::Impl {
    ::sigset_t before{};
};

TerminationBlock::TerminationBlock() : impl_{std::make_unique<Impl>()} {
    ::sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&wanted, signal);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &impl_->before);
}

TerminationBlock::~TerminationBlock() { ::pthread_sigmask(SIG_SETMASK, &impl_->before, nullptr); }

}  // namespace update
