#pragma once
#include <optional>

#include "steps/step.hpp"

namespace update {

/// Could this route restart the agent? Changes nothing.
/// @return an error that says why not: `not_found` (no watchdog just now), `unsupported` (too old), `refused`
/// (no restart on failure, no starts counted)
Status route_is_possible(Job&, Route);

/// Gives the update to the route's applier and returns when that one has proven that it lives and accepted.
/// For Route::exit_code there is nobody to ask; it is the caller's own way.
Status take_route(Job&, Route);

/// Does the error say that the route may open again? A watchdog that has died is started again within
/// seconds, and a helper may have been killed before it answered.
bool is_passing(const Error&);

/// No route was open just now.
/// @return nothing: look again. `failed`: it was waited for long enough. `cancelled` (noted), `interrupted`.
std::optional<Event> wait_for_route(Job&);

}  // namespace update
