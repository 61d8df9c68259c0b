// What is remembered about versions over restarts: bad ones (quarantine) and how often each was tried. Pure.
//
// The wall clock may jump. A ban that seems to begin in the future is therefore dated anew by `settled`, so
// that no ban lasts longer than `PolicySettings::quarantine_for` from any moment at which the clock was
// right.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <update/outcome.hpp>
#include <update/plan.hpp>
#include <update/settings.hpp>

namespace update {

/// The clock port's type, said again because policy stands below the ports; the compiler refuses a
/// difference.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

struct Quarantined {
    std::string version;  ///< normalised
    Reason reason = Reason::none;
    std::string message;  ///< of the outcome, at most max_remembered_message_bytes
    std::int64_t since_unix_ms = 0;
    std::int64_t until_unix_ms = 0;
    bool operator==(const Quarantined&) const = default;
};

struct Attempts {
    std::string version;  ///< normalised
    std::uint32_t count = 0;
    std::int64_t last_unix_ms = 0;
    std::string update_id{};  ///< which was counted last; empty when that one has ended
    bool operator==(const Attempts&) const = default;
};

/// At most max_remembered bans and attempts, the newest.
struct PolicyMemory {
    std::vector<Quarantined> quarantine;
    std::vector<Attempts> attempts;
    std::uint64_t epoch = 0;                ///< highest security epoch that was ever committed
    std::vector<std::string> used_permits;  ///< ids, oldest first; at most max_remembered_permits
    bool operator==(const PolicyMemory&) const = default;
};
inline constexpr std::size_t max_remembered = 64, max_remembered_permits = 1024;
inline constexpr std::size_t max_remembered_message_bytes = 512;

/// Drops what has expired (attempts as long after the last one as a ban lasts, a day at least), shortens bans
/// to the configured time, dates anew what lies in the future. Call it once after loading and store the
/// result if it changed.
PolicyMemory settled(PolicyMemory, const PolicySettings&, WallTime now);

/// Why this version is not tried now: quarantined, or its attempts are used up; with the cure. Empty: nothing
/// bars it. Reads on after "version 1.2.0" or "it".
/// @param update_id  whose attempt it would be: one that is counted already is not barred by itself
std::string bar_on(const PolicyMemory&, std::string_view version, std::string_view update_id,
                   const PolicySettings&, WallTime now);

/// @return `refused`, with the reason and the cure: the plan's version runs already; is older (or, as SemVer,
/// equal in precedence) and neither its permit nor the settings allow that; is quarantined; or has used up
/// its attempts, of which the last counts still. Versions that are not SemVer cannot be ordered, so for them
/// only "runs already" is known.
Status may_try(const PolicyMemory&, const Plan&, const PolicySettings&, WallTime now);

/// Counts one attempt. Store the result before the attempt begins. The same update is counted once: one that
/// a crash kept from its first journal record is offered again.
PolicyMemory record_attempt(PolicyMemory, const Plan&, const PolicySettings&, WallTime now);

/// Whether an update that failed for this reason says that the version is bad. Trouble of the network, the
/// disk, the restart path or the updating process does not, nor does an operator's wish.
bool quarantines(Reason);

/// committed: the version is forgotten, it is good. Else: quarantined if the reason says so, for want of an
/// acknowledgement from the second attempt on (the first may have met an outage). An attempt that ended
/// because somebody asked or the network failed, or before its first byte for want of space or route, for a
/// file operation or for an answer that is not the artifact, is given back, once: the same outcome may be
/// recorded again after a crash.
PolicyMemory record_outcome(PolicyMemory, const Outcome&, const PolicySettings&, WallTime now);

/// A plan was committed: its epoch becomes the floor, and its permit is used up.
PolicyMemory record_commit(PolicyMemory, const Plan&);

/// With the commits of another memory of the same endpoint: the higher epoch, the used permits of both.
PolicyMemory with_commits_of(PolicyMemory, const PolicyMemory& other);

/// `updatectl quarantine clear VERSION`: the version may be tried again, with a full budget.
PolicyMemory cleared(PolicyMemory, std::string_view version);

std::string to_json(const PolicyMemory&);

struct LoadedMemory {
    PolicyMemory memory;
    std::string note;  ///< what could not be read, for the log; empty if all was well
};
/// Never fails: a text that is no such JSON gives an empty memory, a damaged entry is left out, and the note
/// says so.
LoadedMemory parse_policy_memory(const std::string& json);

}  // namespace update
