// Private to scm/: the process behind a service.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "os/handle.hpp"
#include "os/scm/manager.hpp"

namespace update {

/// A handle on the process that the service has now, to wait for and to end: never on a later one with its
/// number, since the manager is asked once more while the handle keeps that number from being used again.
/// @param access  beside waiting
/// @return nothing where it has none, or another one by now
Result<std::optional<Handle>> open_process_of(ScmManager&, const std::string& service, unsigned long access);

/// Asks it to stop until it does. One that has not after `patience`, because it hangs or because it never got
/// as far as taking requests, is killed. A manager that has not noticed the end is told of it.
/// @return `timed_out` when it lives on nevertheless; errors of ScmManager
Status stop_for_good(ScmManager&, const std::string& service, std::chrono::milliseconds patience);

}  // namespace update
