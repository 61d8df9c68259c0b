#pragma once
#include <update/plan.hpp>

#include "layout/layout.hpp"
#include "ports/clock.hpp"
#include "ports/files.hpp"

namespace update {

/// Files the outcome of an update that policy did not let begin, so that whoever offered it learns the reason
/// and does not offer it again for ever. The journal says nothing of it: nothing was in progress.
Status file_refusal(Files&, const Layout&, const Plan&, const Error& why, WallTime now);

}  // namespace update
