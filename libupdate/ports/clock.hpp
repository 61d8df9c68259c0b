#pragma once
#include <chrono>
#include <string>

namespace update {

/// Time since boot that stands still while the machine is suspended: the only clock that deadlines use.
/// (Linux CLOCK_MONOTONIC; Windows QueryUnbiasedInterruptTime.)
struct AwakeClock {
    using duration = std::chrono::microseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<AwakeClock>;
    static constexpr bool is_steady = true;
};
using Instant = AwakeClock::time_point;
/// Wall clock, for people and for bans that last days. May jump at any moment.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

class Clock {
 public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    virtual WallTime wall() const = 0;
    /// When this program was built: it is certainly later, whatever `wall` says. The epoch: not known.
    virtual WallTime built_at() const { return {}; }
    /// Changes with each boot; an Instant means nothing under another boot id.
    virtual std::string boot_id() const = 0;
    /// Of this machine's time zone, now: for what people say in local time.
    virtual std::chrono::minutes utc_offset() const { return std::chrono::minutes{0}; }
};

}  // namespace update
