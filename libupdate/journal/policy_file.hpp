// What is remembered about versions, on disk. What must never go down again, the security epoch, and the
// permits that are used up stand in a second file, too: losing one of the two forgets nothing.
#pragma once
#include "layout/layout.hpp"
#include "policy/memory.hpp"
#include "ports/files.hpp"

namespace update {

/// None, or none that can be read as such, is an empty one. Of the two files the higher epoch counts, and all
/// permits of both.
/// @return passing trouble of the disk: what is written now would forget what stands there
Result<PolicyMemory> load_policy_memory(Files&, const Layout&);
Status store_policy_memory(Files&, const Layout&, const PolicyMemory&);

}  // namespace update
