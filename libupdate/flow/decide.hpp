#pragma once
#include "flow/table.hpp"

namespace update {

/// Where an update stands. What the journal stores of the flow.
struct Progress {
    State state = State::preflighting;
    std::uint8_t attempts = 0;  ///< failures of this state's effect so far
    std::uint8_t resumes = 0;   ///< crashes in this state so far
    std::uint8_t starts = 0;    ///< starts of the new version so far, counted before each of them
    std::uint8_t restarts = 0;  ///< starts of the old version on the way back, likewise
    std::uint8_t excused = 0;   ///< starts of the new version that were given back
    bool operator==(const Progress&) const = default;
};
/// Bound of `Progress::restarts`: the old version gets this many starts before the machine is reported as
/// broken.
inline constexpr std::uint8_t restarts_max = 5;
/// Bound of `Progress::excused`: a version that takes the machine down at each of its starts is given up,
/// too.
inline constexpr std::uint8_t excused_max = 5;

struct Decision {
    Progress next;
    bool moved = false;      ///< false: the event means nothing in this state, `next` is unchanged
    bool exhausted = false;  ///< a bound (attempts, resumes, starts) was reached and decided
};

/// The only place that says what comes next. Total: defined for every (Progress, Event), without side
/// effects.
/// @param starts_max  starts of the new version before it is given up, at least 1
/// (`TrialSettings::starts_max`)
Decision decide(const Progress& now, Event event, unsigned starts_max);

/// The trial was cut short by what says nothing of the new version: the machine went down, or somebody asked
/// for a restart. The start that was counted for it is given back, so that the next one counts no more.
/// @return nothing when as many have been given back already: then it is a start like any other
std::optional<Progress> excuse_start(const Progress& now);

}  // namespace update
