// The watchdog's side: supervises the agent, applies updates, answers over IPC.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <update/settings.hpp>

namespace update {

struct WatchdogOptions {
    std::string version;                 ///< of the watchdog program
    std::vector<std::string> arguments;  ///< argv, to become the new watchdog program by re-execution
    std::function<void(std::string_view line)> log = [](std::string_view) {};
    /// Tells the server of trouble, best effort: kind ("agent-exited", "agent-held", "update-ended", ...) and
    /// details.
    std::function<void(std::string_view kind, std::string_view message)> alert = [](std::string_view,
                                                                                    std::string_view) {};
};

/// First in main: a watchdog program started as `PROGRAM --update-guardian ID PID ARGUMENTS...` watches over
/// the renewal of the watchdog with that process id. `arguments_of_guarded` gives ARGUMENTS, to read the
/// settings from.
std::optional<std::vector<std::string>> arguments_of_guarded(int argc, const char* const* argv);
int run_guardian(int argc, const char* const* argv, const Settings&);

/// Runs until SIGTERM or SIGINT, then stops the programs and returns. Blocks the calling thread;
/// single-threaded.
/// @return 0 after a clean stop; `refused` when another watchdog of this state directory runs, or the
/// directory is not private.
Result<int> run_watchdog(Settings, WatchdogOptions);

}  // namespace update
