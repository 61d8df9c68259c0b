// What stepped aside for another file, since a program ran from it: "agent.exe.old" (os/replace.hpp).
#pragma once
#include "ports/files.hpp"

namespace update {

/// Removes what stepped aside for `file`, where nobody runs it any more. Nothing to do but on Windows:
/// elsewhere a program keeps no name.
/// @return false while something is left; try again later
bool sweep_asides(const Path& file);

}  // namespace update
