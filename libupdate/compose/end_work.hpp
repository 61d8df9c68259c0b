#pragma once
#include "compose/control.hpp"

namespace update {

/// Nobody works on an update, guards a renewal or is the watchdog any more. Processes that outlive the
/// services (a helper, a guardian, the watchdog that it started) are waited for within a bound; a program
/// from the install root that works on then is ended.
/// @return `retry_later` for a foreign one, with its number; errors of kill_process
Status end_work(Control&);

}  // namespace update
