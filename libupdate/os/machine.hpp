#pragma once
#include "policy/executable.hpp"

namespace update {

/// The machine that this program was built for, which is what its updates must be built for.
Machine this_machine();

}  // namespace update
