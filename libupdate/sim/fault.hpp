// What may go wrong, and when. A run is a scenario, a seed and a list of these.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace update::sim {

enum class FaultKind : std::uint8_t {
    crash,               ///< the process that comes to this point is killed
    crash_agent,         ///< the agent is killed, whoever comes to this point
    crash_watchdog,      ///< likewise
    crash_between,       ///< whoever exchanges a file of the set next dies before the next one
    power_off,           ///< all is killed, un-flushed changes are lost in any combination, the machine boots
    disk_full,           ///< writes and creations fail for a while
    io_error,            ///< the next operation on a file fails
    read_only,           ///< nothing on the disk can be changed for a while
    denied,              ///< the next creation, rename or removal is forbidden
    quota,               ///< writes fail for a while, creations do not
    locked,              ///< somebody has the file open: renames and removals wait for a while
    vanishes,            ///< a virus scanner takes the newest file away, or one just installed
    tampered,            ///< somebody, or a bad sector, changes the newest of those files
    no_links,            ///< the file system has no hard links, from now on
    delay,               ///< the process does not get the processor for a while
    interleaved,         ///< for a while, the others go on between any two calls of a process
    clock_jump,          ///< the wall clock jumps
    suspend,             ///< the machine sleeps: the wall clock goes on, the other stands still
    dead_clock,          ///< the machine restarts in 1970
    network_cut,         ///< no connection for a while
    network_stall,       ///< connections stand, no byte comes, for a while
    wrong_bytes,         ///< the next download delivers damaged bytes
    busy_mirror,         ///< the next answers are 429 and 503 with Retry-After
    lost_mirror,         ///< the first mirror has nothing any more
    old_mirror,          ///< the first mirror, or each, serves what was published before, for a while
    server_down,         ///< the control server is away for a while
    server_restored,     ///< the control server comes back from an old backup
    ack_lost,            ///< the connection breaks between the server's commit and its answer
    ack_twice,           ///< the server's answer comes twice
    ack_late,            ///< the server's answer comes late, or later than it is waited for
    agent_ignores_stop,  ///< the running agent has to be killed
    no_break_away,       ///< no process may leave its job, for a while
    no_start,            ///< programs cannot be started, for a while (no memory, no process numbers)
    unreadable_state,    ///< the state of the services cannot be read, for a while
    cancelled,           ///< an operator cancels the update
    roll_back_asked,     ///< an operator wants the previous version
    second_update,       ///< another update is offered meanwhile
    agent_held,          ///< an administrator stops the agent, and releases it much later
    watchdog_stopped,    ///< an administrator restarts the watchdog's service
    count
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(FaultKind::count);
using FaultCounts = std::array<std::uint64_t, fault_count>;

std::string_view name(FaultKind);
std::optional<FaultKind> fault_named(std::string_view);

/// How long a process stands at most.
inline constexpr std::chrono::seconds longest_delay{60};

/// Only a process or the machine dies.
bool is_crash(FaultKind);
/// Only the way to the server or to the mirrors is broken, and not longer than an outage lasts.
bool is_network(FaultKind);
/// Somebody wanted something.
bool is_wish(FaultKind);

struct Fault {
    std::uint32_t at = 0;  ///< the port call, counted from the beginning, before which it happens
    FaultKind kind = FaultKind::crash;
    std::uint32_t how = 0;  ///< how long or which, in the kind's own way
    bool operator==(const Fault&) const = default;
};
using Faults = std::vector<Fault>;
/// "crash@17 delay@40:3"
std::string text(const Faults&);

}  // namespace update::sim
