#pragma once
#include "steps/step.hpp"

namespace update {

/// Removes staged files and backups of this update from beside the live files. Idempotent.
Status remove_workshops(Job&);

/// Moves the backups to `previous/` with a plan that leads back to them, for `updatectl rollback`.
/// Idempotent.
Status keep_previous(Job&);

}  // namespace update
