// What updatectl shows, apart from where it comes from.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <update/outcome.hpp>

namespace update::ctl {

struct ProgramRow {
    std::string name;
    bool running = false;
    std::int64_t pid = 0;            ///< 0: none
    std::string version;             ///< empty: unknown
    std::int64_t since_unix_ms = 0;  ///< start, or end when it does not run; 0: unknown
    bool held = false;               ///< an administrator wants it stopped
};

struct UpdateRow {
    std::string id, from, to;
    std::string state;  ///< word of flow/table
    Route route = Route::none;
    unsigned attempts = 0;  ///< of this version, this one included
    std::optional<std::chrono::milliseconds> deadline_left;
    std::uint64_t bytes = 0, total = 0;  ///< total 0: unknown
};

struct StatusView {
    std::vector<ProgramRow> programs;
    std::optional<UpdateRow> update;  ///< in progress
    std::string watchdog_version;     ///< empty: no watchdog answers
    std::optional<Outcome> last;
    std::string caveat = {};  ///< why it may be incomplete; empty: it is not
};

/// One line of history.jsonl.
struct HistoryLine {
    std::int64_t unix_ms = 0;
    std::string update_id, state, event, note;
};

struct ProgressView {
    std::string state;
    std::uint64_t bytes = 0, total = 0;  ///< total 0: unknown
    std::optional<std::uint64_t> bytes_per_s;
};

/// One check and what came of it.
struct FindingRow {
    std::string check;
    bool ok = true;
    std::string what, cure;  ///< cure: empty when ok
};

struct QuarantineRow {
    std::string version;
    Reason reason = Reason::none;
    std::string message;
    std::int64_t until_unix_ms = 0;
};
struct AttemptsRow {
    std::string version;
    unsigned count = 0, limit = 0;
};

struct RoleRow {
    std::string name;
    std::int64_t version = 0, days_to_expiry = 0;
};
struct ReleaseRow {
    std::string version;
    std::uint64_t epoch = 0;
    unsigned rollout_percent = 100;
    std::uint32_t bucket = 0;  ///< of 10,000: this endpoint's place in the rollout, where that is not for all
    std::string obstacle;      ///< empty: nothing is in its way
    bool taken = false;
};
struct PermitRow {
    std::string id, version;
    std::int64_t until_unix_ms = 0;
    bool used = false;
};
/// What would be installed, and why not the rest.
struct DecisionView {
    std::string channel, channel_source;
    std::string trouble;  ///< nothing can be installed at all; empty: it can
    std::vector<RoleRow> roles;
    std::uint64_t epoch = 0;  ///< the highest that was committed
    std::string pin, minimum_version;
    bool hold = false, unsigned_allowed = false;
    std::vector<std::string> windows;
    bool window_open = true;
    std::string obstacle, permit;
    std::vector<ReleaseRow> releases;  ///< newest first
    std::vector<PermitRow> permits;
};

struct ExplainView {
    std::string running_version;  ///< empty: unknown
    bool watchdog_answers = false;
    std::vector<std::string> held;    ///< programs
    std::optional<UpdateRow> update;  ///< in progress, or the last one
    bool in_progress = false, worked_on = false;
    Reason reason = Reason::none;
    std::string message;
    unsigned starts = 0;  ///< of the new version
    std::size_t unconfirmed = 0;
    std::string refusal;  ///< why policy has refused an update since then; empty: it has not
    std::string journal_damage;
    DecisionView decision;
    std::vector<QuarantineRow> quarantine;
    std::vector<AttemptsRow> attempts;
    std::vector<HistoryLine> lines;
};

/// Where the text goes.
struct Screen {
    std::size_t width = 80;
    bool is_terminal = false;
};

}  // namespace update::ctl
