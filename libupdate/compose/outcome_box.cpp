#include "compose/outcome_box.hpp"

#include <algorithm>

#include "durable/durable.hpp"

namespace update {

constexpr std::size_t outcome_max_bytes = 64 * 1024;

std::vector<std::string> OutcomeBox::names() const {
    auto names = files_.list(layout_.outcomes());
    if (!names) return {};
    std::erase_if(*names, [](const std::string& n) { return n.starts_with('.') || !n.ends_with(".json"); });
    return *names;
}

std::vector<Outcome> OutcomeBox::unconfirmed() const {
    std::vector<Outcome> outcomes;
    for (const std::string& name : names()) {
        const auto text = read_text(files_, layout_.outcomes() / name, outcome_max_bytes);
        if (!text) continue;
        if (auto outcome = parse_outcome(*text)) outcomes.push_back(std::move(*outcome));
    }
    std::ranges::sort(outcomes, {}, &Outcome::ended_at_unix_ms);
    return outcomes;
}

Status OutcomeBox::remove(const std::string& update_id) {
    const std::lock_guard lock{mutex_};
    for (const std::string& name : names()) {  // only what lies there: the id came over the network
        if (name != update_id + ".json") continue;
        std::erase(seen_, name);  // filed again by whoever takes over from a killed applier, it is new
        return files_.remove(layout_.outcomes() / name);
    }
    return done();
}

bool OutcomeBox::changed() {
    const std::lock_guard lock{mutex_};
    auto now = names();
    const bool more = std::ranges::any_of(
        now, [&](const std::string& n) { return std::ranges::find(seen_, n) == seen_.end(); });
    seen_ = std::move(now);
    return more;
}

}  // namespace update
