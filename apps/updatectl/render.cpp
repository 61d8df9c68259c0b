#include "render.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/utc_text.hpp"
#include "human.hpp"

namespace update::ctl {
namespace {

using std::chrono::milliseconds;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : printable(text); }

/// Left-aligned columns, two spaces apart; the last one is not padded.
template <std::size_t count>
std::string table_text(const std::vector<std::array<std::string, count>>& rows) {
    std::array<std::size_t, count> widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < count; ++i) widths[i] = std::max(widths[i], columns(row[i]));
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i + 1 < count; ++i)
            text += row[i] + std::string(widths[i] + 2 - columns(row[i]), ' ');
        text += row.back() + "\n";
    }
    return text;
}

std::string since_text(std::int64_t since_unix_ms, std::int64_t now_unix_ms) {
    if (since_unix_ms == 0) return "-";
    return human_duration(milliseconds{now_unix_ms - since_unix_ms});
}

std::string state_text(const ProgramRow& program) {
    if (program.held) return program.running ? "running, held" : "held";
    return program.running ? "running" : "stopped";
}

std::string programs_text(const std::vector<ProgramRow>& programs, std::int64_t now_unix_ms) {
    std::vector<std::array<std::string, 5>> rows{{"PROGRAM", "STATE", "PID", "VERSION", "FOR"}};
    for (const ProgramRow& program : programs)
        rows.push_back({or_dash(program.name), state_text(program),
                        program.pid > 0 ? std::to_string(program.pid) : "-", or_dash(program.version),
                        since_text(program.since_unix_ms, now_unix_ms)});
    return table_text(rows);
}

std::string amount_text(std::uint64_t bytes, std::uint64_t total) {
    if (total == 0) return human_bytes(bytes);
    return fmt::format("{} of {} ({:.0f} %)", human_bytes(bytes), human_bytes(total),
                       100.0 * static_cast<double>(std::min(bytes, total)) / static_cast<double>(total));
}

std::string update_text(const UpdateRow& update) {
    std::string text = fmt::format("update    {}: {} -> {}, {}", printable(update.id), or_dash(update.from),
                                   or_dash(update.to), printable(update.state));
    if (update.route != Route::none) text += fmt::format(", by {}", name(update.route));
    if (update.attempts > 1) text += fmt::format(", attempt {}", update.attempts);
    if (update.deadline_left) text += fmt::format(", {} left", human_duration(*update.deadline_left));
    text += "\n";
    if (update.bytes > 0 || update.total > 0)
        text += fmt::format("          {}\n", amount_text(update.bytes, update.total));
    return text;
}

std::string evidence_text(const Evidence& evidence) {
    std::string text;
    const auto add = [&](const std::string& fact) { text += (text.empty() ? "" : ", ") + fact; };
    if (evidence.need_bytes) add("need " + human_bytes(*evidence.need_bytes));
    if (evidence.have_bytes) add("have " + human_bytes(*evidence.have_bytes));
    if (evidence.locking_pid) add(fmt::format("held by process {}", *evidence.locking_pid));
    if (evidence.exit_code) add(fmt::format("exit code {}", *evidence.exit_code));
    if (evidence.signal) add(fmt::format("signal {}", *evidence.signal));
    return text;
}

constexpr std::size_t bar_smallest = 10;

std::string bar_text(double share, std::size_t width) {
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

std::string rate_text(const ProgressView& progress) {
    return progress.bytes_per_s ? fmt::format(", {}/s", human_bytes(*progress.bytes_per_s)) : "";
}

/// "\r", then exactly the screen's width less one: a full last column would wrap.
std::string terminal_progress(const ProgressView& progress, std::size_t width) {
    const std::size_t room = std::max<std::size_t>(width, 1) - 1;
    const std::string label = fmt::format("{}  {}{}", printable(progress.state),
                                          amount_text(progress.bytes, progress.total), rate_text(progress));
    std::string line = label;
    if (progress.total > 0 && columns(label) + 2 + bar_smallest + 2 <= room) {
        const double share = static_cast<double>(std::min(progress.bytes, progress.total)) /
                             static_cast<double>(progress.total);
        line += "  " + bar_text(share, room - columns(label) - 4);
    }
    line = fitted(line, room);
    return "\r" + line + std::string(room - columns(line), ' ');
}

/// "+0 ms", "+3.2 s" since the first line of the update.
std::string offset_text(const HistoryLine& line, const HistoryLine& first) {
    return "+" + human_duration(milliseconds{line.unix_ms - first.unix_ms});
}

std::string group_text(std::span<const HistoryLine> lines) {
    std::vector<std::array<std::string, 4>> rows;
    for (const HistoryLine& line : lines)
        rows.push_back({"  " + offset_text(line, lines.front()), or_dash(line.state), or_dash(line.event),
                        printable(line.note)});
    std::string text =
        fmt::format("{}  update {}\n", utc_text(lines.front().unix_ms), printable(lines.front().update_id));
    for (auto& row : rows)
        if (row[3].empty()) row[3] = "-";
    return text + table_text(rows);
}

}  // namespace

std::string status_text(const StatusView& status, std::int64_t now_unix_ms) {
    std::string text;
    if (!status.programs.empty()) text += programs_text(status.programs, now_unix_ms) + "\n";
    text +=
        fmt::format("watchdog  {}\n",
                    status.watchdog_version.empty() ? "does not answer" : printable(status.watchdog_version));
    text += status.update ? update_text(*status.update) : "update    none in progress\n";
    if (status.last) text += "last      " + outcome_text(*status.last);
    if (!status.caveat.empty()) text += fmt::format("note      {}\n", printable(status.caveat));
    return text;
}

std::string history_text(std::span<const HistoryLine> lines) {
    if (lines.empty()) return "no history\n";
    std::string text;
    while (!lines.empty()) {
        const auto other = std::ranges::find_if(
            lines, [&](const HistoryLine& line) { return line.update_id != lines.front().update_id; });
        const auto size = static_cast<std::size_t>(other - lines.begin());
        text += (text.empty() ? "" : "\n") + group_text(lines.first(size));
        lines = lines.subspan(size);
    }
    return text;
}

std::string outcome_text(const Outcome& outcome) {
    std::string text = fmt::format("{}: {} -> {}", name(outcome.ending), or_dash(outcome.from_version),
                                   or_dash(outcome.to_version));
    if (outcome.route != Route::none) text += fmt::format(", by {}", name(outcome.route));
    if (outcome.downtime_us)
        text += fmt::format(", down for {}", human_duration(std::chrono::round<milliseconds>(
                                                 std::chrono::microseconds{*outcome.downtime_us})));
    text += fmt::format(", {} received, in {}", human_bytes(outcome.bytes),
                        human_duration(milliseconds{outcome.duration_ms}));
    if (outcome.ended_at_unix_ms > 0) text += ", at " + utc_text(outcome.ended_at_unix_ms);
    text += fmt::format(" ({})\n", printable(outcome.update_id));
    if (outcome.reason == Reason::none) return text;
    text += fmt::format("          {}", name(outcome.reason));
    if (!outcome.message.empty()) text += ": " + printable(outcome.message);
    if (const std::string evidence = evidence_text(outcome.evidence); !evidence.empty())
        text += " (" + evidence + ")";
    return text + "\n";
}

std::string progress_text(const ProgressView& progress, const Screen& screen) {
    if (screen.is_terminal) return terminal_progress(progress, screen.width);
    return fmt::format("{}: {}{}\n", printable(progress.state), amount_text(progress.bytes, progress.total),
                       rate_text(progress));
}

}  // namespace update::ctl
