// For adapters: what all ways of starting a program share.
#pragma once
#include <string>
#include <vector>

#include "ports/processes.hpp"

namespace update {

/// What a program needs to run at all, and nothing else: no LD_PRELOAD, no proxy, no secret of ours (security
/// rule R8). Linux: PATH and LANG. Windows: PATH with the system's folders, SystemRoot, SystemDrive, and TEMP
/// and TMP (the system's).
std::vector<std::string> scrubbed_environment();
/// The program's path, then the arguments.
std::vector<std::string> argument_list(const Command&);
/// `refused` unless the program's path is absolute: none is ever searched for (security rule R8). Windows
/// also refuses batch files: they are read by another program with other rules of quoting.
Status check_program(const Command&);

}  // namespace update
