// For the Windows twins: what asks this process to end, and keeping that from ending it at once.
#pragma once
#include <functional>
#include <memory>

#include "os/event_loop.hpp"

namespace update {

/// Names the event that a supervisor sets to ask this process to end.
inline constexpr const char* stop_event_variable = "UPDATE_STOP_EVENT";

/// While one lives, Ctrl+C and Ctrl+Break do not end the process. A closed console and the machine's
/// shutdown end it after a time that the system sets (5 to 20 s), in which it can come to its own end.
class ControlWatch {
 public:
    struct Impl;
    /// `requested` is called on threads of the system. Empty: requests are kept for the next watch that has
    /// one.
    explicit ControlWatch(std::function<void(EventLoop::Request)> requested);
    /// Nothing calls any more.
    ~ControlWatch();
    ControlWatch(const ControlWatch&) = delete;
    ControlWatch& operator=(const ControlWatch&) = delete;

 private:
    std::unique_ptr<Impl> impl_;
};

/// What the service manager, or anybody else in this process, was told. Any thread.
void tell_request(EventLoop::Request);

}  // namespace update
