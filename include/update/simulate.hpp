// Plays failing updates, thousands of times a second, in a world in memory: your settings, every crash point,
// random faults. For CI. Link update::sim; nothing of the real system is touched.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <update/result.hpp>
#include <update/settings.hpp>

namespace update {

/// Whose rules hold for files in use, and for the restarts of services.
enum class SimulatedPlatform : std::uint8_t { linux_rules, windows_rules };

struct SimulationOptions {
    std::optional<Settings> settings;  ///< none: the built-in stories with their own settings
    SimulatedPlatform platform = SimulatedPlatform::linux_rules;
    std::string scenario;         ///< one story only; empty: all
    std::uint64_t runs = 20'000;  ///< random runs, after every single fault at every point
    std::uint64_t seed = 1;       ///< of the first random run; the next has the next
    bool every_point =
        true;  ///< also: one fault of each kind of crash at every point, and pairs for short stories
    unsigned stride = 1;             ///< of those points only each so many, beginning where the seed says
    std::size_t violations_max = 5;  ///< stop after so many
};

/// A promise that did not hold, with everything that is needed to see it again.
struct BrokenPromise {
    std::string promise;  ///< "startable", "told-once", ...; docs/fault-model.md explains them
    std::string what;     ///< one sentence
    std::string scenario;
    std::uint64_t seed = 0;
    std::string faults;              ///< the fewest that still break it, "crash@17:0 power-off@31:0"
    std::vector<std::string> trail;  ///< what happened, line by line
    /// Why the settings cannot keep the promise whatever this run shows, as in SimulationReport.
    std::vector<std::string> cannot_keep{};
};

/// Times without an agent that is ready, in virtual milliseconds; without power, or held by an administrator,
/// they do not count. The worst is exact, the other is rounded up by a sixteenth at most.
struct DarkTimes {
    std::int64_t worst_ms = 0, p99_ms = 0;
    std::uint64_t runs = 0;
};

struct SimulationReport {
    /// What was played, for the command that replays a run.
    SimulatedPlatform platform = SimulatedPlatform::linux_rules;
    std::string config;  ///< the file of the settings, where there is one
    std::uint64_t runs = 0, crash_points = 0, power_offs = 0;
    std::map<std::string, std::uint64_t> faults_by_kind, states_reached, marks, outcomes;
    std::map<std::string, DarkTimes> dark_by_route;
    std::vector<BrokenPromise> violations;
    std::int64_t worst_dark_time_ms = 0;
    std::uint64_t seed = 0;
    double seconds = 0;  ///< of one processor
    /// Why these settings cannot keep the promise, whatever the runs found; empty when they can.
    std::vector<std::string> cannot_keep;
    /// Keys of the settings that were left out, since they decide only whether an update begins.
    std::vector<std::string> set_aside{};
};

/// @return `not_found` for an unknown scenario (the message names those that exist), `refused` for settings
/// without a route
Result<SimulationReport> simulate(const SimulationOptions&);

/// One run again, with its whole story. @param faults  as in BrokenPromise; nothing: those that the seed
/// throws
/// @return `not_found`, or `refused` for a list of faults that cannot be read
Result<BrokenPromise> replay(const SimulationOptions&, const std::optional<std::string>& faults);

/// One JSON object.
std::string to_json(const SimulationReport&);
std::string to_json(const BrokenPromise&);
/// For people, with a list of what was never reached.
std::string to_text(const SimulationReport&);

}  // namespace update
