#pragma once
#include "layout/layout.hpp"
#include "policy/memory.hpp"
#include "ports/files.hpp"

namespace update {

/// Quarantine and attempts per version. Unreadable means empty: it never blocks a start.
PolicyMemory load_policy_memory(Files&, const Layout&);
Status store_policy_memory(Files&, const Layout&, const PolicyMemory&);

}  // namespace update
