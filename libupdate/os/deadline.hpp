// Private to os/: one deadline over several waits, however often they are interrupted.
#pragma once
#include <algorithm>
#include <chrono>

namespace update {

class Deadline {
 public:
    explicit Deadline(std::chrono::milliseconds from_now)
        : at_{std::chrono::steady_clock::now() + from_now} {}
    bool passed() const { return std::chrono::steady_clock::now() >= at_; }
    /// For poll(): rounded up, so that a wait never ends just before the deadline and spins.
    int poll_ms() const {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }

 private:
    std::chrono::steady_clock::time_point at_;
};

}  // namespace update
