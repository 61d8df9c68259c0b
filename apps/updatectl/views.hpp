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

/// Where the text goes.
struct Screen {
    std::size_t width = 80;
    bool is_terminal = false;
};

}  // namespace update::ctl
