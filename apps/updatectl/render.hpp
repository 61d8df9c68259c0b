// From data to text, nothing else: no clock, no files, no colours. Text from elsewhere is made safe for
// terminals. Texts end with a line end unless said otherwise. JSON forms are one line, have the same fields
// in every state, and are stable: fields are added, never renamed. What is unknown is null.
#pragma once
#include <span>
#include <string>

#include "views.hpp"

namespace update::ctl {

/// @param now_unix_ms  wall clock, to say for how long a program has been running
std::string status_text(const StatusView&, std::int64_t now_unix_ms);
std::string status_json(const StatusView&);

/// Oldest first, grouped by update; the time since the update's first line stands before each line.
std::string history_text(std::span<const HistoryLine>);
/// One array.
std::string history_json(std::span<const HistoryLine>);

/// One or two lines: what ended how, by which route, and why if it did not work.
std::string outcome_text(const Outcome&);

/// Terminal: a bar of the screen's width that begins with '\r' and has no line end, to be written over the
/// last one; the caller ends the last one with "\n". Otherwise one whole line.
std::string progress_text(const ProgressView&, const Screen&);
std::string progress_json(const ProgressView&);

}  // namespace update::ctl
