#include "supervise/upkeep.hpp"

#include <doctest/doctest.h>

using namespace update;
using namespace std::chrono_literals;

namespace {
constexpr Instant start = Instant{} + 1h;
}

TEST_CASE("upkeep is due at the beginning, and after a success not before something happens") {
    Upkeep upkeep;
    CHECK(upkeep.is_due(start));
    upkeep.succeeded();
    CHECK_FALSE(upkeep.is_due(start + 24h));
    upkeep.call();
    CHECK(upkeep.is_due(start));
}

TEST_CASE("upkeep that fails rests longer each time, at most ten minutes") {
    Upkeep upkeep;
    for (const auto rest : {5s, 10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s}) {
        upkeep.failed(start);
        CHECK_FALSE(upkeep.is_due(start + rest - 1ms));
        CHECK(upkeep.is_due(start + rest));
    }
}

TEST_CASE("what happens ends a rest, and the next one is short again") {
    Upkeep upkeep;
    for (int failures = 0; failures < 9; ++failures) upkeep.failed(start);
    upkeep.call();
    CHECK(upkeep.is_due(start));
    upkeep.failed(start);
    CHECK(upkeep.is_due(start + 5s));
}
