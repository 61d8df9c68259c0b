#include "supervise/restart_budget.hpp"

#include <doctest/doctest.h>
#include <random>
#include <vector>

using namespace update;
using namespace std::chrono_literals;

namespace {

/// Remembers the bounds that it was asked for and answers with a fixed part of them.
class FixedRandom : public Random {
 public:
    explicit FixedRandom(double part) : part_{part} {}
    std::uint64_t below(std::uint64_t bound) override {
        bounds.push_back(bound);
        return static_cast<std::uint64_t>(part_ * static_cast<double>(bound - 1));
    }
    std::vector<std::uint64_t> bounds;

 private:
    double part_;
};

class SeededRandom : public Random {
 public:
    explicit SeededRandom(unsigned seed) : engine_{seed} {}
    std::uint64_t below(std::uint64_t bound) override { return bound == 0 ? 0 : engine_() % bound; }

 private:
    std::mt19937_64 engine_;
};

constexpr ExitStatus failed{false, 1};
const Instant boot{1h};

SupervisionSettings settings() {
    SupervisionSettings s;
    s.backoff_first = 500ms;
    s.backoff_max = 60s;
    s.budget = 10;
    s.budget_window = 1h;
    return s;
}

}  // namespace

TEST_CASE("the waits of early exits double up to the longest one") {
    SupervisionSettings s = settings();
    s.backoff_max = 3s;
    FixedRandom random{1.0};
    RestartBudget budget{s, random};
    Instant now = boot;
    std::vector<milliseconds> waits;
    for (int i = 0; i < 5; ++i) {
        budget.started(now);
        const RestartDecision decision = budget.exited(now, failed);
        waits.push_back(std::chrono::duration_cast<milliseconds>(decision.start_at - now));
        now = decision.start_at;
    }
    CHECK(waits == std::vector<milliseconds>{500ms, 1s, 2s, 3s, 3s});
}

TEST_CASE("the wait is drawn from zero to the bound, not around it") {
    FixedRandom random{0.0};
    RestartBudget budget{settings(), random};
    CHECK(budget.exited(boot, failed).start_at == boot);
    CHECK(random.bounds == std::vector<std::uint64_t>{501});
}

TEST_CASE("a stable run begins the back-off anew") {
    FixedRandom random{1.0};
    RestartBudget budget{settings(), random};
    budget.exited(boot, failed);
    budget.exited(boot + 1s, failed);
    budget.started(boot + 2s);
    const Instant end = boot + 2s + budget.stable_after();
    CHECK(budget.exited(end, failed).start_at == end + 500ms);
}

TEST_CASE("a run that is one tick too short does not begin the back-off anew") {
    FixedRandom random{1.0};
    RestartBudget budget{settings(), random};
    budget.exited(boot, failed);
    budget.started(boot);
    const Instant end = boot + budget.stable_after() - 1us;
    CHECK(budget.exited(end, failed).start_at == end + 1s);
}

TEST_CASE("a program that never started does not count as stable") {
    FixedRandom random{1.0};
    RestartBudget budget{settings(), random};
    budget.exited(boot, failed);
    CHECK(budget.exited(boot + 10min, failed).start_at == boot + 10min + 1s);
}

TEST_CASE("one exit more than the budget within the window is held, with the reason") {
    FixedRandom random{0.0};
    RestartBudget budget{settings(), random};
    for (int i = 0; i < 10; ++i)
        CHECK(budget.exited(boot + i * 1s, failed).kind == RestartDecision::Kind::restart);
    const RestartDecision held = budget.exited(boot + 10s, failed);
    CHECK(held.kind == RestartDecision::Kind::held);
    CHECK(held.start_at == boot + 10s + 60s);
    CHECK(held.because == "11 exits in 60 min; last: exit code 1");
}

TEST_CASE("exits older than the window are forgotten") {
    FixedRandom random{0.0};
    RestartBudget budget{settings(), random};
    for (int i = 0; i < 11; ++i) budget.exited(boot, failed);
    CHECK(budget.exited(boot + 1h - 1us, failed).kind == RestartDecision::Kind::held);
    CHECK(budget.exited(boot + 1h, failed).kind == RestartDecision::Kind::restart);
}

TEST_CASE("the reason tells a signal, an exit code and an unknown end apart") {
    CHECK(describe(ExitStatus{true, 9}) == "signal 9");
    CHECK(describe(ExitStatus{false, 127}) == "exit code 127");
    CHECK(describe(std::nullopt) == "unknown");
}

TEST_CASE("an operator's restart forgets the history") {
    FixedRandom random{1.0};
    RestartBudget budget{settings(), random};
    for (int i = 0; i < 20; ++i) budget.exited(boot, failed);
    budget.forgive();
    const RestartDecision decision = budget.exited(boot, failed);
    CHECK(decision.kind == RestartDecision::Kind::restart);
    CHECK(decision.start_at == boot + 500ms);
}

TEST_CASE("every exit ends in a next start within the longest wait, whatever the settings and the exits") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937 draw{seed};
    for (int round = 0; round < 200; ++round) {
        SeededRandom random{static_cast<unsigned>(draw())};
        SupervisionSettings s;
        s.backoff_first = milliseconds{static_cast<int>(draw() % 2000) - 100};
        s.backoff_max = milliseconds{static_cast<int>(draw() % 400'000) - 100};
        s.budget = static_cast<unsigned>(draw() % 12);
        s.budget_window = milliseconds{static_cast<int>(draw() % 4'000'000) - 100};
        RestartBudget budget{s, random};
        Instant now = boot;
        for (int i = 0; i < 100; ++i) {
            const RestartDecision decision =
                budget.exited(now, ExitStatus{draw() % 2 == 0, static_cast<int>(draw() % 64)});
            CHECK(decision.start_at >= now);
            CHECK(decision.start_at <= now + std::max(s.backoff_max, 0ms));
            CHECK_FALSE(decision.because.empty());
            now = decision.start_at;
            budget.started(now);
            now += milliseconds{draw() % 500'000};
        }
    }
}

TEST_CASE("a program that always crashes at once is started at a bounded rate for ever") {
    SeededRandom random{7};
    RestartBudget budget{settings(), random};
    Instant now = boot;
    int starts = 0;
    while (now < boot + 24h) {
        budget.started(now);
        now = budget.exited(now + 1ms, failed).start_at;
        ++starts;
    }
    CHECK(starts > 24 * 10);
    CHECK(starts <= 24 * 60 + 11);
}
