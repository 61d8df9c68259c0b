#include "render_findings.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "base/utc_text.hpp"
#include "human.hpp"

namespace update::ctl {
namespace {

Json json_of(const QuarantineRow& row) {
    return {{"version", row.version},
            {"reason", name(row.reason)},
            {"message", row.message},
            {"until_unix_ms", row.until_unix_ms}};
}

Json json_of(const AttemptsRow& row) {
    return {{"version", row.version}, {"count", row.count}, {"limit", row.limit}};
}

template <class Row>
Json array_of(std::span<const Row> rows) {
    Json array = Json::array();
    for (const Row& row : rows) array.push_back(json_of(row));
    return array;
}

}  // namespace

std::string findings_text(std::span<const FindingRow> rows) {
    std::string text;
    std::size_t bad = 0;
    for (const FindingRow& row : rows) {
        text +=
            fmt::format("{}  {:<13} {}\n", row.ok ? "ok " : "BAD", printable(row.check), printable(row.what));
        if (!row.cure.empty()) text += fmt::format("     {:<13} -> {}\n", "", printable(row.cure));
        if (!row.ok) ++bad;
    }
    return text + (bad == 0 ? "nothing to mend\n" : fmt::format("{} to mend\n", bad));
}

std::string findings_json(std::span<const FindingRow> rows) {
    Json array = Json::array();
    for (const FindingRow& row : rows)
        array.push_back({{"check", row.check}, {"ok", row.ok}, {"what", row.what}, {"cure", row.cure}});
    const bool ok = std::ranges::all_of(rows, &FindingRow::ok);
    return json_text({{"ok", ok}, {"findings", std::move(array)}}) + "\n";
}

std::string quarantine_text(std::span<const QuarantineRow> bad, std::span<const AttemptsRow> tried) {
    if (bad.empty() && tried.empty()) return "no version is quarantined\n";
    std::string text;
    for (const QuarantineRow& row : bad) {
        text += fmt::format("{}  until {}: {}", printable(row.version), utc_text(row.until_unix_ms),
                            name(row.reason));
        text += row.message.empty() ? "\n" : fmt::format(" ({})\n", printable(row.message));
    }
    for (const AttemptsRow& row : tried)
        text += fmt::format("{}  tried {} of {} times\n", printable(row.version), row.count, row.limit);
    return text;
}

std::string quarantine_json(std::span<const QuarantineRow> bad, std::span<const AttemptsRow> tried) {
    return json_text({{"quarantine", array_of(bad)}, {"attempts", array_of(tried)}}) + "\n";
}

}  // namespace update::ctl
