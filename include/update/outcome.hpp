// How an update ended, as the server, the operator and the next start learn it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update {

enum class Ending : std::uint8_t {
    committed,     ///< the new version runs and was acknowledged
    rolled_back,   ///< it was tried; the old version runs again
    abandoned,     ///< nothing was touched
    needs_repair,  ///< neither could be proven to run as it should: an operator must look
};

/// Who restarts the agent.
enum class Route : std::uint8_t {
    none,         ///< not chosen yet, or the update ended before the hand-over
    watchdog,     ///< the watchdog took the update over IPC
    self_update,  ///< a helper that broke away from the agent
    exit_code,    ///< the agent exited with AgentExit::restart and its supervisor started it again
};

/// Why an update ended as it did. One word per cause that an operator treats differently.
enum class Reason : std::uint8_t {
    none,              ///< it worked
    cancelled,         ///< somebody asked
    refused,           ///< policy: quarantined version, attempt budget used up, not newer
    no_route,          ///< nobody could have restarted the agent
    no_space,          ///< disk preflight or a write found the volume full
    download_failed,   ///< network or server; see evidence and message
    corrupt,           ///< bytes were not those promised
    wrong_machine,     ///< executable for another system or processor
    self_test_failed,  ///< the candidate did not print the expected version in time
    io_failed,         ///< a file operation failed
    stop_failed,       ///< the old version could not be stopped
    start_failed,      ///< the new version could not be started at all
    crashed,           ///< the new version ended by itself before it was acknowledged
    not_ready,         ///< the ready deadline passed
    wrong_version,     ///< it runs, but reports another version
    not_acknowledged,  ///< no acknowledgement, though the old version reaches the server: the version is bad
    network,           ///< no acknowledgement, and the old version cannot reach the server either
    watchdog_failed,   ///< the new watchdog did not take over
    crash_loop,        ///< the updating process itself died too often in one state
    unconfirmed,       ///< committed with an older server that confirms nothing; the previous version is kept
    restore_failed,    ///< the old version could not be put back
    requested,         ///< an operator asked for the roll-back
    untrusted,         ///< no valid signature vouches for it; the message says which class, and the cure
};

/// The word for it in JSON, configuration and output: the enumerator with '-' for '_', as "rolled-back".
/// Stable.
std::string_view name(Ending);
std::string_view name(Route);
std::string_view name(Reason);
std::optional<Ending> ending_named(std::string_view word);
std::optional<Route> route_named(std::string_view word);
std::optional<Reason> reason_named(std::string_view word);

struct Outcome {
    std::string update_id;
    Ending ending = Ending::abandoned;
    Reason reason = Reason::none;
    std::string message;  ///< for people; never contains secrets
    Evidence evidence;
    Route route = Route::none;
    std::string from_version, to_version;
    std::uint64_t bytes = 0;  ///< received over the network for this update
    std::optional<std::int64_t>
        downtime_us;               ///< last sign of life of the old version -> ready of the version that runs
    std::int64_t duration_ms = 0;  ///< request -> end, on the clock that stands still in suspend
    std::int64_t ended_at_unix_ms = 0;  ///< wall clock, for display only
    bool operator==(const Outcome&) const = default;
};

/// JSON text, one object; the inverse of `parse_outcome`, but for a message that is not UTF-8 (repaired) or
/// is longer than max_message_bytes (cut).
std::string to_json(const Outcome&);
inline constexpr std::size_t max_message_bytes = 4096;
/// @return `corrupt` with the offending field. A longer message is cut. update_id, ending, reason and both
/// versions must be there; other absent fields keep their defaults, unknown ones are ignored.
Result<Outcome> parse_outcome(const std::string& json);

}  // namespace update
