// What reaches an updating process from outside while it waits, and what it can ask of its peers.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "ports/clock.hpp"
#include "ports/processes.hpp"

namespace update {

struct Signal {
    enum class Kind : std::uint8_t {
        deadline,      ///< nothing came in time
        agent_exited,  ///< look at the service: which process ended, and how, is told there
        alive,  ///< a sign of life: `version`, and whether its session to the server stands (`connected`)
        ready,  ///< the agent says it is ready; `version` is what it really is
        acknowledged,  ///< the server confirmed `update_id` to the agent
        accepted,      ///< the server authenticated the agent but is too old to confirm updates
        cancelled,     ///< an authorised peer asked to cancel `update_id`
        stopping,      ///< this process was asked to end
        woken,         ///< something else happened; look again
    } kind = Kind::deadline;
    std::string update_id{}, version{};
    bool connected = false;
    std::int64_t pid = 0;  ///< sender of a sign of life; one that was sent by the old process may arrive late
};

class Channel {
 public:
    virtual ~Channel() = default;
    /// The next signal, or `deadline`. The only way to wait: in the simulator it advances virtual time.
    virtual Signal wait(Instant deadline) = 0;
    /// Asks the watchdog to take update `update_id` over. @return success when it has accepted; `not_found`
    /// when no watchdog answers, `unsupported` when it is too old, `refused` with its reason, `timed_out`.
    virtual Status ask_watchdog_to_update(const std::string& update_id) = 0;
    /// Is somebody there who would accept? Same errors.
    virtual Status ping_watchdog() = 0;
};

}  // namespace update
