#pragma once
#include <memory>

#include "ports/clock.hpp"

namespace update {

/// The system's clocks. Where the system does not tell a boot id (no /proc), `boot_id` is a random one for
/// this process: then no Instant of another process is believed, which only makes waits begin anew. Immutable
/// after construction: any thread may use it.
std::unique_ptr<Clock> make_clock();

}  // namespace update
