// How long an endpoint had no agent that works.
#pragma once
#include <chrono>

#include "ports/clock.hpp"

namespace update::sim {

/// From an agent's end, or from the machine's boot, until an agent is ready: the lives of those that never
/// get so far are part of it. Times in which the machine is off, or an administrator holds the agent, are
/// left out.
class Darkness {
 public:
    using Time = std::chrono::microseconds;

    void agent_ended(Instant now);
    void agent_ready(Instant now);
    /// An administrator holds the agent, or does not any longer.
    void excuse(bool excused, Instant now);
    /// The machine was off.
    void pass_over(Time time) { since_ += time; }

    bool dark() const { return dark_; }
    /// So far, when it is dark.
    Time lasted(Instant now) const;
    Time worst() const { return worst_; }

 private:
    bool dark_ = true, excused_ = false;
    Instant since_{};  ///< when it is dark and not excused
    Time before_{0};   ///< of this darkness, before `since_`
    Time worst_{0};
};

}  // namespace update::sim
