// What the settings promise of time, once nothing is wrong any more.
#pragma once
#include <update/settings.hpp>

#include "ports/clock.hpp"
#include "sim/scenario.hpp"

namespace update::sim {

/// The service manager's wait before it starts again what ended.
milliseconds restart_delay(Platform, const Settings&);
/// The longest that no agent may be ready.
AwakeClock::duration dark_bound(Platform, const Settings&);
/// The longest that an update, and another that was offered meanwhile, may take to its end.
AwakeClock::duration end_bound(Platform, const Settings&);

}  // namespace update::sim
