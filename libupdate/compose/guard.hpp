// Service mode: who counts the starts of a new version where no watchdog and no helper does. systemd calls
// this before each start of the agent (ExecStartPre=), and when it gives the agent up (OnFailure=). The
// program is a second name of the version that proved itself last, so that it runs also when not a line of
// the new one does.
#pragma once
#include <update/settings.hpp>

#include "compose/adapters.hpp"

namespace update {

/// Before a start: counts it, or puts the old version back when the new one has used up its starts.
/// @return exit code of the process; nothing that it does keeps the agent from being started
int run_guard(const Settings&);

/// The service manager has given the agent up: puts the old version back if an update is on trial, and starts
/// it.
int run_rescue(const Settings&);

/// In the agent, when no update is in progress: the guard is the version that runs now.
/// @return what went wrong; an older guard goes on to work
Status renew_guard(Adapters&);

}  // namespace update
