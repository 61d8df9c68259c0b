#pragma once
#include <string>
#include <vector>

#include <update/settings.hpp>

namespace update {

/// The process that broke away from the agent: applies update `update_id`, judges its trial, ends.
/// @return exit code of the process
int run_helper(const Settings&, const std::string& update_id);

/// The process that watches the watchdog's own renewal: a program started from the backup of the old
/// watchdog. When the new watchdog (`watchdog_pid`) dies or does not take over in time, it ends that, rolls
/// the set back and becomes the old watchdog by executing it with `arguments`.
int run_renewal_guardian(const Settings&, const std::string& update_id, std::int64_t watchdog_pid,
                         const std::vector<std::string>& arguments);

}  // namespace update
