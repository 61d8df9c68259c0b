#pragma once
#include <string>
#include <string_view>

#include "journal/record.hpp"
#include "layout/layout.hpp"
#include "ports/files.hpp"

namespace update {

/// Lines for people in history.jsonl: {"t": unix ms, "update", "state", "event", "note"}. Best effort and not
/// flushed: recovery never reads it, and no update fails because of it. At 1 MiB it becomes history.1.jsonl
/// and begins anew.
class History {
 public:
    History(Files& files, const Layout& layout) : files_{files}, layout_{layout} {}
    void append(WallTime at, const Record& record, std::string_view event, std::string_view note);

 private:
    Files& files_;
    const Layout& layout_;
};

}  // namespace update
