// Private to os/, Windows: which boot this is.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

/// Windows has no boot id. A volatile key of the registry lives exactly as long as the kernel does (a "fast
/// startup", which wakes an old kernel, keeps it, and keeps the clock of waits running as well), and the
/// moment of its creation, which nobody writes to afterwards, is an id without a race. Programs without
/// rights for HKEY_LOCAL_MACHINE, where no privileged one came before, use their own hive.
Result<std::string> current_boot();

}  // namespace update
