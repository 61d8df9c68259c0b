#pragma once
#include "compose/control.hpp"

namespace update {

/// All that the product left on this machine beside its programs, also in the middle of an update: state,
/// staged and kept versions, guard, key, configuration, published facts. Its services are gone, and nobody
/// works on an update.
/// @return `retry_later` while somebody does; the first trouble, with as much removed as could be
Status purge(Control&);

}  // namespace update
