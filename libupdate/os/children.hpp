// Supervised mode: the programs run as children of whoever started them, with no service manager.
//
// Any number of processes (watchdog, a restarted watchdog, helper) may use this on one state directory: who
// runs is recorded in run/<program>.pid, and starting and stopping hold run/<program>.lock, so there are
// never two of one program. A process is known by number, start time and boot, not by its path: during an
// update the running image has another name, and a script's image is its interpreter.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <update/settings.hpp>

#include "layout/layout.hpp"
#include "os/event_loop.hpp"
#include "ports/services.hpp"

namespace update {

class ChildProcess;

enum class Supervisor : std::uint8_t {
    this_process,  ///< the watchdog: it restarts what it starts
    watchdog,      ///< somebody else (agent, helper, updatectl): whether it lives is asked over its socket
};

struct ChildOptions {
    Supervisor supervisor = Supervisor::this_process;
    Path watchdog_socket;  ///< given to the programs as UPDATE_SOCKET; empty: the layout's
    Path config_file;      ///< given to the programs as UPDATE_CONFIG; empty: not given
};

/// One thread, the event loop's. Programs started by anybody but the watchdog write their output to nowhere:
/// they outlive the terminal or pipe of whoever started them. A program gets an own session and process
/// group, and in its environment only PATH and LANG, UPDATE_SOCKET, UPDATE_SUPERVISOR=1 and UPDATE_CONFIG. It
/// survives its supervisor; the next one adopts it.
class ChildServices : public Supervision {
 public:
    /// `exit` is absent for an adopted program that is not our child.
    using OnExit = std::function<void(const std::string& program, const std::optional<ExitStatus>& exit)>;

    /// Adopts nothing yet: see `adopt`. `loop` outlives it. The run directory exists, private to us.
    /// @return an error when the system does not tell about processes (/proc).
    static Result<std::unique_ptr<ChildServices>> create(EventLoop& loop, const Settings&, ChildOptions,
                                                         OnExit);
    ~ChildServices() override;

    /// The exits of adopted programs come to OnExit, too.
    Status adopt() override;
    bool supervises(std::int64_t pid) override;
    /// Stops all programs. @return the first error; the others are stopped anyway
    Status release() override;

    Result<ServiceStatus> status(const std::string& program) override;
    /// Also `retry_later` when another supervisor is starting or stopping it, for more than 2 s.
    /// An exit that was not reported yet when a new process is started is not reported any more.
    Status start(const std::string& program) override;
    /// SIGTERM to the process (Windows: its stop event); after stop_timeout SIGKILL to its group (Windows:
    /// its job is terminated). While it waits, the event loop runs: sockets are served, other exits reported.
    /// The exit is not reported to OnExit, since it was asked for. What is left of the process group is
    /// killed after an orderly end, too.
    /// @return `permission`, `retry_later` (as start, or called from a callback while it is being started or
    /// stopped),
    ///         `timed_out` when even that did not end it within 5 s (stuck in the kernel).
    Status stop(const std::string& program) override;
    Result<std::vector<Finding>> check_restart_path(const std::string& program) override;

 private:
    struct Program;
    ChildServices(EventLoop&, const Settings&, ChildOptions, OnExit, std::string boot_id);

    Result<Program*> find(const std::string& program);
    Status look(Program&);
    Status follow(Program&, ChildProcess);
    void collect(Program&);
    void on_handle_ready(Program&);
    Status launch(Program&);
    Status end(Program&);
    void pump_until_ended(Program&, Instant deadline);
    std::vector<std::string> environment() const;
    Finding supervisor_finding() const;

    EventLoop& loop_;
    Layout layout_;
    ChildOptions options_;
    OnExit on_exit_;
    std::string boot_id_;
    std::map<std::string, std::unique_ptr<Program>> programs_;
};

}  // namespace update
