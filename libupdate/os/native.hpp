// Private to os/: what this system calls an open thing (a pipe, a process, an event), and its owner.
#pragma once
#ifdef _WIN32
#include "os/handle.hpp"
namespace update {
using Native = void*;  ///< a HANDLE
using Owned = Handle;
}  // namespace update
#else
#include "os/fd.hpp"
namespace update {
using Native = int;  ///< a descriptor
using Owned = Fd;
}  // namespace update
#endif
