// Time that moves only when somebody waits, and randomness that is known.
#pragma once
#include <deque>
#include <vector>

#include "ports/channel.hpp"
#include "ports/random.hpp"

namespace update::test {

class ManualClock : public Clock {
 public:
    Instant time{std::chrono::seconds{1000}};
    std::string boot = "boot";
    Instant now() const override { return time; }
    WallTime wall() const override {
        return WallTime{std::chrono::duration_cast<WallTime::duration>(time.time_since_epoch())};
    }
    std::string boot_id() const override { return boot; }
};

/// Advances the clock to the deadline of each wait; delivers each queued signal at its time.
class ManualChannel : public Channel {
 public:
    explicit ManualChannel(ManualClock& clock) : clock_{clock} {}

    std::vector<std::chrono::microseconds> waits;  ///< those that were not over at once
    std::deque<std::pair<Instant, Signal>> signals;

    Signal wait(Instant deadline) override {
        if (!signals.empty() && signals.front().first <= deadline) {
            auto [at, signal] = signals.front();
            signals.pop_front();
            clock_.time = std::max(clock_.time, at);
            return signal;
        }
        if (deadline > clock_.time) waits.push_back(deadline - clock_.time);
        clock_.time = std::max(clock_.time, deadline);
        return {};
    }
    Status ask_watchdog_to_update(const std::string&) override { return Error{ErrorCode::not_found, "none"}; }
    Status ping_watchdog() override { return Error{ErrorCode::not_found, "none"}; }

 private:
    ManualClock& clock_;
};

/// The largest or the smallest of the allowed values.
class KnownRandom : public Random {
 public:
    bool largest = true;
    std::uint64_t below(std::uint64_t bound) override { return largest && bound > 0 ? bound - 1 : 0; }
};

}  // namespace update::test
