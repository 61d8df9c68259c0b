#pragma once

namespace update {

/// The first line of every main (security rule R8). On Windows: libraries that are loaded from now on come
/// from System32 only, never from the program's or the current folder; no dialog box stops a service; a
/// damaged heap ends the process; the arguments become UTF-8, and so does what is printed. Elsewhere the
/// dynamic linker has settled such things before main, and nothing is left to do. Once, before any thread.
void start_safely(int& argc, char**& argv);

}  // namespace update
