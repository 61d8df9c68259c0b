// Waiting for what Windows tells nobody of: services and files that appear.
#pragma once
#include <chrono>

#include "os/event_loop.hpp"

namespace update::test {

/// Looks again and again until it holds. @return false when it does not within `patience`
template <class Holds>
bool looks_until(std::chrono::milliseconds patience, const Holds& holds,
                 std::chrono::milliseconds period = std::chrono::milliseconds{20}) {
    const auto loop = EventLoop::create();
    if (!loop) return false;
    for (const Instant limit = EventLoop::now() + patience; !holds();) {
        if (EventLoop::now() >= limit) return false;
        (*loop)->run_once(EventLoop::now() + period);
    }
    return true;
}

}  // namespace update::test
