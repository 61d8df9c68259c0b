#pragma once
#include "flow/table.hpp"

namespace update {

/// Does this state itself turn back for a wish to cancel?
bool accepts_cancel(State);

/// Does it, or one that it leads to when all goes well? The wish waits until then.
bool may_yet_be_cancelled(State);

/// Does it lead to an update that ends as it was asked for?
bool goes_forward(State);

}  // namespace update
