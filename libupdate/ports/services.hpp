#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <update/result.hpp>

#include "ports/processes.hpp"

namespace update {

struct ServiceStatus {
    bool running = false;
    ProcessId process;  ///< meaningful while running
    std::optional<ExitStatus> last_exit;
    bool held_by_administrator = false;  ///< stopped or disabled on purpose: do not start
};
/// One thing that preflight looked at.
struct Finding {
    bool ok = true;
    std::string what;  ///< "restart on failure: no"
    std::string cure;  ///< what to do, empty when ok
};

/// The supervised programs. An unreadable state is an error, never "not running" (incident I4).
class Services {
 public:
    virtual ~Services() = default;
    virtual Result<ServiceStatus> status(const std::string& program) = 0;
    /// Success when it runs afterwards, also if it ran before. Does not wait for readiness.
    /// @return `not_found`/`unsupported`/`permission` when the image cannot be executed; `refused` when held.
    virtual Status start(const std::string& program) = 0;
    /// Asks, then ends the whole process group after the program's stop_timeout. Success when it does not run
    /// afterwards.
    virtual Status stop(const std::string& program) = 0;
    /// For the agent: would this service manager start it again after exit code 1, and count the starts?
    /// For a companion: would it be started again, too, when the agent has ended so?
    virtual Result<std::vector<Finding>> check_restart_path(const std::string& program) = 0;
    /// The agent is about to exchange its own program while it runs from it. Where that leaves no program for
    /// a moment (Windows), whoever starts the agent after a failure is told to complete the exchange first.
    virtual Status prepare_exchange(const std::string&) { return done(); }
    /// Did somebody ask for the start that is under way, after he had it stopped or the machine booted? Not:
    /// it follows the program's own end. Who cannot tell says no.
    virtual Result<bool> was_asked_to_start(const std::string&) { return false; }
};

/// The port of a process that supervises, or applies an update: it learns of every end, and knows its
/// programs.
class Supervision : public Services {
 public:
    /// Every program that runs already is supervised from now on. `status` and `start` do the same for their
    /// program.
    virtual Status adopt() = 0;
    /// Is `pid` (from the IPC transport) one of the programs that run under this supervisor now?
    virtual bool supervises(std::int64_t pid) = 0;
    /// This process ends its work: children end with it, units of a service manager go on.
    virtual Status release() = 0;
};

}  // namespace update
