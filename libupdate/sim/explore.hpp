// Which runs are made: every crash point, pairs, each fault at each point, and what the seeds throw.
#pragma once
#include <functional>
#include <map>

#include "sim/ghost.hpp"
#include "sim/scenario.hpp"

namespace update::sim {

struct Run {
    std::optional<Violation> violation;
    unsigned points = 0;
    unsigned struck = 0;  ///< faults whose moment came
    std::vector<std::string> trail;
};

/// What all runs together have seen.
struct Tally {
    std::uint64_t runs = 0, crash_points = 0;
    FaultCounts faults{};
    std::array<std::uint64_t, state_count> states{};
    std::map<std::string, std::uint64_t, std::less<>> marks, outcomes;
    struct Dark {
        /// How many runs were dark for so many milliseconds at worst, rounded up in steps of a sixteenth.
        std::map<std::int64_t, std::uint64_t> runs_by_ms;
        std::int64_t worst_ms = 0;  ///< to the millisecond
        void note(std::int64_t ms);
    };
    std::map<std::string, Dark, std::less<>> dark;  ///< per route
};

struct Broken {
    const Scenario* scenario;
    std::uint64_t seed;
    Faults faults;
    Violation violation;
};

class Explorer {
 public:
    Explorer(Platform platform, std::uint64_t seed, std::size_t broken_max)
        : platform_{platform}, seed_{seed}, broken_max_{broken_max} {}

    Run run(const Scenario&, std::uint64_t seed, const Faults&, bool with_trail = false);

    /// These faults before every point, until the run ends before it. Their own `at` means nothing.
    void every_point(const Scenario&, Faults, unsigned stride);
    /// Two crashes, the second at every point after the first. @param stride  only each so many
    void every_pair(const Scenario&, FaultKind first, FaultKind second, unsigned stride);
    /// @param budget  stop in the middle when it says so
    void random(const std::vector<Scenario>&, std::uint64_t runs, const std::function<bool()>& budget);

    /// The scenario and the faults of a seed.
    const Scenario& pick(const std::vector<Scenario>&, std::uint64_t seed, Faults&) const;
    /// The fewest faults that still break the same promise.
    Faults shrunk(const Broken&);

    bool full() const { return broken.size() >= broken_max_; }
    Tally tally;
    std::vector<Broken> broken;

 private:
    Run noted(const Scenario&, std::uint64_t seed, const Faults&);

    const Platform platform_;
    const std::uint64_t seed_;
    const std::size_t broken_max_;
};

/// Can it have an effect under these rules? Windows has no hard links that could be missing.
bool is_played(Platform, FaultKind);

/// "crash@17:0 delay@40:3" @return nothing when it is no such list
std::optional<Faults> parse_faults(std::string_view);

}  // namespace update::sim
