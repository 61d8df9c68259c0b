#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <update/settings.hpp>

namespace update {

/// The process that broke away from the agent: applies update `update_id`, judges its trial, ends.
/// @return exit code of the process
int run_helper(const Settings&, const std::string& update_id);

/// What the guardian was told by the watchdog that it guards.
struct Guarded {
    std::string update_id;
    std::int64_t watchdog_pid = 0;
    std::vector<std::string> arguments;  ///< the watchdog's
    bool starts_the_new_one = false;     ///< the watchdog is a service, ends, and cannot become the new one
};

/// The process that watches the watchdog's own renewal: a program started from the backup of the old
/// watchdog. When the new watchdog (`watchdog_pid`, or the one that it has started) dies or does not take
/// over in time, it ends that, rolls the set back and starts the old watchdog: as a service where it is one,
/// else by executing it.
int run_renewal_guardian(const Settings&, const Guarded&);

}  // namespace update
