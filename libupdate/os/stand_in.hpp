// Private to os/, Windows: the nearest thing to exec.
#pragma once
#include <string>
#include <vector>

#include "ports/files.hpp"

namespace update {

/// Starts the program suspended, in a job that ends with this process, so that whoever ends the stand-in ends
/// both; what the program starts may leave that job. Then stops all other threads, closes all handles but the
/// standard streams (locks and pipes are free then), lets the program run, waits, and ends with its exit
/// code. Comes back only when it could not be started, with nothing changed.
Error stand_in_for(const Path& program, const Path& name, const std::vector<std::string>& arguments);

}  // namespace update
