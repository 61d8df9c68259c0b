#pragma once
#include "compose/adapters.hpp"
#include "engine/engine.hpp"

namespace update {

/// The plan that leads back to the version kept by the last committed update, under a new update id.
/// @return `not_found` when none is kept (policy.keep_previous is 0, or nothing was updated yet)
Result<Plan> previous_version(Adapters&);
Result<Plan> previous_version(Adapters&, std::string update_id);

/// `allowed`: somebody asked for exactly this older version.
enum class Downgrade : std::uint8_t { as_configured, allowed };

/// Prepares and applies a plan in this very process, with the given ports: for updatectl without a watchdog,
/// and for the watchdog's own roll-back. Blocks until the end.
Result<Halt> apply_here(Adapters&, const Ports&, const Plan&, Downgrade, Observer);

}  // namespace update
