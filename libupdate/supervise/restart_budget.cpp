#include "supervise/restart_budget.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update {
namespace {

constexpr unsigned remembered_max = 10'000;

milliseconds not_negative(milliseconds time) { return std::max(time, milliseconds{0}); }

std::string describe(milliseconds time) {
    if (time >= std::chrono::minutes{2}) return fmt::format("{} min", time / std::chrono::minutes{1});
    return fmt::format("{} s", time / std::chrono::seconds{1});
}

}  // namespace

RestartBudget::RestartBudget(const SupervisionSettings& settings, Random& random)
    : backoff_first_{not_negative(settings.backoff_first)},
      backoff_max_{not_negative(settings.backoff_max)},
      window_{not_negative(settings.budget_window)},
      budget_{std::min(settings.budget, remembered_max)},
      random_{random} {}

void RestartBudget::started(Instant now) { running_since_ = now; }

RestartDecision RestartBudget::exited(Instant now, const std::optional<ExitStatus>& exit) {
    if (running_since_ && now - *running_since_ >= stable_after()) early_exits_ = 0;
    running_since_.reset();
    ++early_exits_;
    remember(now);
    std::string because = fmt::format("{} exit{} in {}; last: {}", exits_.size(),
                                      exits_.size() == 1 ? "" : "s", describe(window_), describe(exit));
    if (exits_.size() > budget_) return {RestartDecision::Kind::held, now + backoff_max_, std::move(because)};
    return {RestartDecision::Kind::restart, now + jittered(backoff_bound()), std::move(because)};
}

void RestartBudget::forgive() {
    exits_.clear();
    early_exits_ = 0;
}

void RestartBudget::remember(Instant exit) {
    while (!exits_.empty() && exit - exits_.front() >= window_) exits_.pop_front();
    if (exits_.size() > remembered_max) exits_.pop_front();
    exits_.push_back(exit);
}

milliseconds RestartBudget::backoff_bound() const {
    milliseconds bound = std::min(backoff_first_, backoff_max_);
    for (unsigned n = 1; n < early_exits_ && bound < backoff_max_ && bound.count() > 0; ++n)
        bound = bound > backoff_max_ / 2 ? backoff_max_ : bound * 2;
    return bound;
}

milliseconds RestartBudget::jittered(milliseconds bound) {
    return milliseconds{random_.below(static_cast<std::uint64_t>(bound.count()) + 1)};
}

std::string describe(const std::optional<ExitStatus>& exit) {
    if (!exit) return "unknown";
    return fmt::format("{} {}", exit->signalled ? "signal" : "exit code", exit->value);
}

}  // namespace update
