#pragma once
#include "layout/layout.hpp"
#include "policy/memory.hpp"
#include "ports/files.hpp"

namespace update {

/// What is remembered about versions. None, or none that can be read as such, is an empty one.
/// @return passing trouble of the disk: what is written now would forget what stands there
Result<PolicyMemory> load_policy_memory(Files&, const Layout&);
Status store_policy_memory(Files&, const Layout&, const PolicyMemory&);

}  // namespace update
