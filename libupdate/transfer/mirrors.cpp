#include "transfer/mirrors.hpp"

#include <algorithm>

namespace update {

milliseconds backoff_bound(const TransferSettings& settings, unsigned failures) {
    auto bound = settings.backoff_first;
    for (unsigned i = 1; i < failures && bound < settings.backoff_max; ++i) bound *= 2;
    return std::min(bound, settings.backoff_max);
}

milliseconds backoff(const TransferSettings& settings, unsigned failures,
                     std::optional<std::chrono::seconds> retry_after, Random& random) {
    const auto bound = static_cast<std::uint64_t>(backoff_bound(settings, failures).count());
    const milliseconds jitter{random.below(bound + 1)};
    if (!retry_after) return jitter;
    // Compared in seconds: a hostile value must not overflow the milliseconds.
    const auto whole_time = std::chrono::ceil<std::chrono::seconds>(settings.total_timeout);
    return std::max<milliseconds>(jitter, std::min(*retry_after, whole_time));
}

std::optional<Mirrors::Choice> Mirrors::choose(Instant now) const {
    std::optional<Choice> best;
    for (std::size_t i = 0; i < mirrors_.size(); ++i) {
        const auto index = (next_ + i) % mirrors_.size();
        const auto& mirror = mirrors_[index];
        if (mirror.dropped) continue;
        const auto at = std::max(mirror.not_before, now);
        if (!best || at < best->not_before) best = Choice{index, at};
    }
    return best;
}

unsigned Mirrors::count_failure(std::size_t index) {
    next_ = (index + 1) % mirrors_.size();
    return ++mirrors_[index].failures;
}

void Mirrors::forgive(std::size_t index) { mirrors_[index].failures = 0; }

void Mirrors::wait(std::size_t index, Instant not_before) { mirrors_[index].not_before = not_before; }

void Mirrors::drop(std::size_t index) {
    next_ = (index + 1) % mirrors_.size();
    mirrors_[index].dropped = true;
}

void Mirrors::count_wrong_content(std::size_t index) {
    next_ = (index + 1) % mirrors_.size();
    if (++mirrors_[index].wrong_content >= 2) drop(index);
}

}  // namespace update
