#include "journal/outcome_file.hpp"

#include <algorithm>

#include "durable/durable.hpp"

namespace update {
namespace {

constexpr std::size_t outcome_max_bytes = 64 * 1024;

/// When it ended, by the wall clock. What cannot be read tells nobody anything, and goes first.
std::int64_t end_of(Files& files, const Path& file) {
    const auto text = read_text(files, file, outcome_max_bytes);
    const auto outcome = text ? parse_outcome(*text) : Result<Outcome>{text.error()};
    return outcome ? outcome->ended_at_unix_ms : 0;
}

/// Only room is at stake, so that trouble with it is no trouble of the outcome that was just filed.
void drop_oldest(Files& files, const Layout& layout, const std::string& just_filed) {
    auto names = files.list(layout.outcomes());
    if (!names) return;
    std::erase_if(*names, [](const std::string& n) { return n.starts_with('.') || !n.ends_with(".json"); });
    if (names->size() <= max_kept_outcomes) return;
    std::vector<std::pair<std::int64_t, std::string>> others;
    for (const std::string& name : *names)
        if (name != just_filed) others.emplace_back(end_of(files, layout.outcomes() / name), name);
    std::ranges::sort(others);
    for (std::size_t n = 0; n + max_kept_outcomes < names->size(); ++n)
        (void)files.remove(layout.outcomes() / others[n].second);
}

}  // namespace

Status write_outcome(Files& files, const Layout& layout, const Outcome& outcome) {
    const Path file = layout.outcome(outcome.update_id);
    UPDATE_CHECK(write_durably(files, file, to_json(outcome)), "file outcome");
    drop_oldest(files, layout, file.filename().string());
    return done();
}

}  // namespace update
