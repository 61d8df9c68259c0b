#pragma once
#include "compose/control.hpp"

namespace update {

/// All that the product left on this machine beside its programs, also in the middle of an update: state,
/// staged and kept versions, guard, key, configuration, published facts. Its services are gone;
/// a process of the product that works on an update without being a service is waited for, then ended.
/// @return `retry_later` while a foreign process works on one; the first trouble, with as much removed as
/// could be
Status purge(Control&);

}  // namespace update
