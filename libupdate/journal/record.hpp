// What is durable about the update in progress, or the last one. Small on purpose: it is written before every
// effect.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <update/outcome.hpp>

#include "flow/decide.hpp"
#include "ports/clock.hpp"

namespace update {

/// A moment that stays meaningful over a restart of the process, and known to be unknown over one of the
/// machine.
struct Moment {
    std::string boot_id;
    std::int64_t us = 0;  ///< AwakeClock
    bool operator==(const Moment&) const = default;
};

struct Record {
    static constexpr int schema = 1;

    std::uint64_t generation = 0;  ///< assigned by Journal::store
    std::string update_id, from_version, to_version;
    Progress progress;
    Route route = Route::none;

    // Why it goes, or went, another way than forward. The first cause stays; later trouble does not overwrite
    // it.
    Reason reason = Reason::none;
    std::string message;  ///< cut to 1,000 bytes
    Evidence evidence;

    // Facts that later steps need.
    Moment requested, entered;          ///< begin of the update; first entry into the present state
    std::int64_t ended_at_unix_ms = 0;  ///< wall clock, for people; 0 before the end
    Moment old_last_seen;               ///< just before the old version was asked to stop
    std::optional<std::int64_t> downtime_us;
    std::uint64_t bytes = 0;
    bool connected_before = false;  ///< the old version's session stood at the hand-over
    bool reached_server = false;    ///< the new version's session stood at some moment of the trial
    bool acknowledged = false;
    bool accepted = false;       ///< by a server too old to confirm; the previous version is kept
    bool start_counted = false;  ///< the guard has counted the start of the process that comes next
    bool filed = false;          ///< the outcome lies in outcomes/, or the server has it already
    std::uint64_t outage_extensions =
        0;  ///< how often the ack limit began anew since the server was away before
    bool operator==(const Record&) const = default;
};

/// One line of JSON, below 3 KiB whatever the fields hold.
std::string to_json(const Record&);
/// @return `corrupt` with the field, `unsupported` for a newer schema.
Result<Record> parse_record(const std::string& json);

}  // namespace update
