#pragma once
#include "steps/step.hpp"

namespace update {

/// Could this route restart the agent? Changes nothing.
/// @return an error that says why not: `not_found` (no watchdog), `unsupported` (too old), `refused` (no
/// restart on failure, no starts counted)
Status route_is_possible(Job&, Route);

/// Gives the update to the route's applier and returns when that one has proven that it lives and accepted.
/// For Route::exit_code there is nobody to ask; it is the caller's own way.
Status take_route(Job&, Route);

}  // namespace update
