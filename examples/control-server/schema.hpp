#pragma once
#include "database.hpp"

namespace control {

/// Brings the tables to this program's version, each step in a transaction of its own. Idempotent.
/// @return `unsupported` when a newer program has written the file
Status migrate(Database&);

}  // namespace control
