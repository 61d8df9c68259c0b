#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "os/control_watch.hpp"
#include "os/os_error.hpp"
#include "os/overlapped.hpp"
#include "os/waiter.hpp"

namespace update {
namespace {

/// One wait for all handles: 63 beside the wake-up is what the system allows, and more than the server's
/// clients and the supervised programs together.
class HandleWaiter final : public Waiter {
 public:
    explicit HandleWaiter(Handle wakeup) : wakeup_{std::move(wakeup)} {}

    Status add(void* handle, Interest interest, std::uint64_t token) override {
        if (watches_.size() == MAXIMUM_WAIT_OBJECTS - 1)
            return Error{ErrorCode::retry_later, "too many handles are watched"};
        watches_.push_back({handle, interest, token});
        return done();
    }
    void change(void* handle, Interest interest, std::uint64_t) override {
        for (Watch& watch : watches_)
            if (watch.handle == handle) watch.interest = interest;
    }
    void remove(void* handle) override {
        std::erase_if(watches_, [handle](const Watch& watch) { return watch.handle == handle; });
    }
    void wake() noexcept override { ::SetEvent(wakeup_.get()); }

    std::size_t wait(Instant deadline, Events& events) override {
        std::array<HANDLE, MAXIMUM_WAIT_OBJECTS> handles;
        handles[0] = wakeup_.get();
        const auto awaited = in_turn();
        for (std::size_t i = 0; i < awaited.size(); ++i) handles[i + 1] = awaited[i].handle;
        for (;;) {
            const DWORD first = ::WaitForMultipleObjects(static_cast<DWORD>(awaited.size() + 1),
                                                         handles.data(), FALSE, milliseconds_until(deadline));
            if (first == WAIT_FAILED) std::abort();  // somebody closed a handle that is watched
            if (first != WAIT_TIMEOUT) return collect(first - WAIT_OBJECT_0, awaited, events);
            if (EventLoop::now() >= deadline) return 0;  // the system's waits end up to a tick early
        }
    }

 private:
    struct Watch {
        void* handle;
        Interest interest;
        std::uint64_t token;
    };
    /// The system reports the first one that is ready, so each round begins after the last one served.
    std::vector<Watch> in_turn() {
        std::vector<Watch> awaited;
        for (std::size_t i = 0; i < watches_.size(); ++i) {
            const Watch& watch = watches_[(turn_ + i) % watches_.size()];
            if (watch.interest != Interest::nothing) awaited.push_back(watch);
        }
        if (!watches_.empty()) turn_ = (turn_ + 1) % watches_.size();
        return awaited;
    }
    static std::size_t collect(DWORD first, const std::vector<Watch>& awaited, Events& events) {
        std::size_t count = 0;
        if (first == 0) events[count++] = {woken, {}};
        for (std::size_t i = first == 0 ? 0 : first - 1; i < awaited.size() && count < events.size(); ++i) {
            const Watch& watch = awaited[i];
            if (::WaitForSingleObject(watch.handle, 0) != WAIT_OBJECT_0) continue;
            events[count++] = {watch.token,
                               {watch.interest == Interest::read, watch.interest == Interest::write}};
        }
        return count;
    }

    Handle wakeup_;  ///< resets itself
    std::vector<Watch> watches_;
    std::size_t turn_ = 0;
};

class ControlSource final : public RequestSource {
 public:
    explicit ControlSource(Handle event)
        : event_{std::move(event)}, watch_{[this](EventLoop::Request request) { push(request); }} {}

    void* waitable() const override { return event_.get(); }
    std::vector<EventLoop::Request> take() override {
        const std::lock_guard guard{mutex_};
        ::ResetEvent(event_.get());
        return std::exchange(requests_, {});
    }

 private:
    void push(EventLoop::Request request) {
        const std::lock_guard guard{mutex_};
        requests_.push_back(request);
        ::SetEvent(event_.get());
    }
    Handle event_;
    std::mutex mutex_;
    std::vector<EventLoop::Request> requests_;
    ControlWatch watch_;  // last: it calls `push` from its first moment to its last
};

Result<Handle> make_event(bool resets_itself) {
    Handle event{::CreateEventW(nullptr, resets_itself ? FALSE : TRUE, FALSE, nullptr)};
    if (!event) return last_error("create event");
    return event;
}

}  // namespace

Instant EventLoop::now() {
    ULONGLONG hundred_ns = 0;
    ::QueryUnbiasedInterruptTime(&hundred_ns);
    return Instant{std::chrono::microseconds{hundred_ns / 10}};
}

Result<std::unique_ptr<Waiter>> Waiter::create() {
    UPDATE_TRY(wakeup, make_event(true), "wake-ups");
    return std::unique_ptr<Waiter>{std::make_unique<HandleWaiter>(std::move(wakeup))};
}

Result<std::unique_ptr<RequestSource>> RequestSource::create() {
    UPDATE_TRY(event, make_event(false), "requests");
    return std::unique_ptr<RequestSource>{std::make_unique<ControlSource>(std::move(event))};
}

}  // namespace update
