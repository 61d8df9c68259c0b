// A program as the service manager starts it.
#pragma once
#include <cstdint>
#include <functional>

namespace update {

/// What main does, without the words that only a service manager says.
using ProgramWork = std::function<int(int argc, char** argv)>;

/// Runs `work` on this or another thread and returns its exit code. Call it before anything else is looked
/// at.
///
/// Windows: a program whose first words are "service NAME" was started by the SCM as that service. It is
/// "starting" until `tell_service_manager(Life::ready)`, and the SCM's stop comes as what else asks it to end
/// (EventLoop::watch_requests, Termination). An end that nobody asked for is told as a failure whatever its
/// exit code, so that the SCM's recovery starts it again. What it prints goes to the event log.
/// Elsewhere a service is a program like any other, and those words are its own.
///
/// What a service of Windows starts ends with it, however it ends, as under systemd: what it left behind
/// would run on from files that an update wants to replace. What breaks away (Processes::break_away) does
/// not.
/// @param children  `outlive_it` for a watchdog, whose children are programs that it supervises
enum class Children : std::uint8_t { end_with_it, outlive_it };
int run_as_service(int argc, char** argv, const ProgramWork& work, Children = Children::end_with_it);

/// Is this process a service of the SCM, which therefore cannot become another program? Never elsewhere.
bool is_bound_service();
/// Ends this process at once, as one whose work another goes on with: no recovery starts it again, and nobody
/// takes it for an administrator's stop.
[[noreturn]] void leave_service();

}  // namespace update
