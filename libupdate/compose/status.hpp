#pragma once
#include <string>

#include "compose/adapters.hpp"

namespace update {

/// What `updatectl status` shows, as one JSON object:
///   product, watchdog (version or ""), programs [{name, running, pid, held}],
///   update {id, from, to, state, attempts, starts, route, bytes, reason, message, limit_left_ms} or null,
///   last {id, ending, reason, message, route, bytes, duration_ms, downtime_us, from, to} or null
std::string status_json(Adapters&, Services&, const std::string& watchdog_version, Instant now);

}  // namespace update
