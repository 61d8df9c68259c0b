// When may a program that ended be started again? Pure: the time comes in, the decision goes out.
//
// Two limits work together. Back-off: the n-th early exit in a row waits a random time below backoff_first *
// 2^(n-1), at most backoff_max (full jitter: a fleet that crashes together does not come back together).
// Budget: more than `budget` exits within `budget_window` hold the program for backoff_max. Both always end
// in a next start: an agent is never given up for good, since nobody else would bring it back.
#pragma once
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include <update/settings.hpp>

#include "ports/clock.hpp"
#include "ports/processes.hpp"
#include "ports/random.hpp"

namespace update {

struct RestartDecision {
    enum class Kind : std::uint8_t {
        restart,  ///< start it at `start_at`
        held      ///< too many exits: start it at `start_at` too, and tell people `because`
    } kind = Kind::restart;
    Instant start_at{};   ///< never before `now`, never later than `now + backoff_max`
    std::string because;  ///< "11 exits in 60 min; last: exit code 1"
    bool operator==(const RestartDecision&) const = default;
};

/// The history of one program. Not thread-safe.
/// A budget above 10000 counts as 10000: the history is kept in memory.
class RestartBudget {
 public:
    /// `random` must outlive this. Negative times in the settings count as zero.
    RestartBudget(const SupervisionSettings&, Random& random);

    /// The program runs since `now`: also call it for one that was found running.
    void started(Instant now);
    /// The program ended at `now`; `exit` is absent when the system does not tell. An exit that somebody
    /// asked for is not to be reported here.
    RestartDecision exited(Instant now, const std::optional<ExitStatus>& exit);
    /// An operator wants it to run: the back-off begins anew and the exits so far are forgotten.
    void forgive();
    /// Running so long without an exit ends the row of early exits: as long as the longest wait.
    milliseconds stable_after() const { return backoff_max_; }

 private:
    void remember(Instant exit);
    milliseconds backoff_bound() const;
    milliseconds jittered(milliseconds bound);

    milliseconds backoff_first_, backoff_max_, window_;
    unsigned budget_;
    Random& random_;
    std::optional<Instant> running_since_;
    std::deque<Instant> exits_;  ///< within the window
    unsigned early_exits_ = 0;   ///< in a row
};

/// "exit code 1", "signal 9", "unknown".
std::string describe(const std::optional<ExitStatus>&);

}  // namespace update
