#include "ipc/rate_limit.hpp"

#include <doctest/doctest.h>

using namespace update;
using namespace update::ipc;
using namespace std::chrono_literals;

namespace {

const Instant boot{1h};

int taken(RateLimit& limit, std::uint64_t account, Instant now, int tries = 100) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += limit.take(account, now) ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("an account may ask as often as the burst at once") {
    RateLimit limit{2, 5};
    CHECK(taken(limit, 1, boot) == 5);
}

TEST_CASE("a used-up share comes back at its rate, also for one who kept asking") {
    RateLimit limit{2, 5};
    CHECK(taken(limit, 1, boot) == 5);
    CHECK(taken(limit, 1, boot + 999ms) == 1);
    CHECK(taken(limit, 1, boot + 2s) == 3);
}

TEST_CASE("a share never grows above the burst") {
    RateLimit limit{2, 5};
    CHECK(taken(limit, 1, boot) == 5);
    CHECK(taken(limit, 1, boot + 24h) == 5);
}

TEST_CASE("one account's greed costs another nothing") {
    RateLimit limit{2, 5};
    CHECK(taken(limit, 1, boot) == 5);
    CHECK(taken(limit, 2, boot) == 5);
}

TEST_CASE("accounts that have their full share again are forgotten") {
    RateLimit limit{2, 5};
    for (std::uint64_t account = 0; account < 20'000; ++account) limit.take(account, boot + account * 1ms);
    CHECK(limit.remembered() < 1000);
}
