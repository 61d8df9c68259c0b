// Private to os/: a lock that passes to a forked child until its exec, which `Locks` (record locks) must not
// do.
#pragma once
#include "os/native.hpp"
#include "ports/clock.hpp"
#include "ports/files.hpp"

namespace update {

/// Creates the file (0600, Windows: with its folder's rights) and waits for its lock. It is free again when
/// every copy of the descriptor is closed; a program started while it is held keeps it until exec. A link in
/// the file's place is `refused`.
/// @return `retry_later` when another process holds it until `deadline`.
Result<Owned> lock_file(const Path&, Instant deadline);

}  // namespace update
