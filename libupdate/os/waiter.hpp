// Private to os/: what the system does for an event loop.
#pragma once
#include <array>
#include <vector>

#include "os/event_loop.hpp"

namespace update {

/// Level-triggered: what is ready and was not dealt with is reported again by the next `wait`.
class Waiter {
 public:
    using Interest = EventLoop::Interest;
    struct Event {
        std::uint64_t token;
        Ready ready;
    };
    using Events = std::array<Event, 16>;
    /// The token of a wake-up.
    static constexpr std::uint64_t woken = 0;

    /// @return `retry_later` when the system is out of descriptors.
    static Result<std::unique_ptr<Waiter>> create();
    virtual ~Waiter() = default;
    virtual Status add(Native, Interest, std::uint64_t token) = 0;
    virtual void change(Native, Interest, std::uint64_t token) = 0;
    virtual void remove(Native) = 0;
    /// Makes the present or the next `wait` return. Any thread, also inside a signal handler.
    virtual void wake() noexcept = 0;
    /// @return how many events there are; 0 once `deadline` has passed, or earlier when a signal came
    virtual std::size_t wait(Instant deadline, Events&) = 0;
};

/// Keeps what asks this process to end from ending it, and tells of it.
class RequestSource {
 public:
    static Result<std::unique_ptr<RequestSource>> create();
    virtual ~RequestSource() = default;
    /// Readable while there is something to take.
    virtual Native waitable() const = 0;
    virtual std::vector<EventLoop::Request> take() = 0;
};

}  // namespace update
