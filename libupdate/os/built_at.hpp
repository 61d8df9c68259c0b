#pragma once
#include "ports/clock.hpp"

namespace update {

/// The time at which the build was configured (SOURCE_DATE_EPOCH, where that is set).
WallTime built_at();

}  // namespace update
