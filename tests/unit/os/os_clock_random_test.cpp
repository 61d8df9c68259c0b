#include <algorithm>
#include <time.h>

#include "os/clock.hpp"
#include "os/random.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("the clock for deadlines is the one that stands still in suspend") {
    const auto clock = make_clock();
    ::timespec before{}, after{};
    ::clock_gettime(CLOCK_MONOTONIC, &before);
    const auto now = clock->now().time_since_epoch();
    ::clock_gettime(CLOCK_MONOTONIC, &after);
    const auto microseconds = [](const ::timespec& t) {
        return std::chrono::microseconds{t.tv_sec * 1'000'000 + t.tv_nsec / 1000};
    };
    CHECK(now >= microseconds(before));
    CHECK(now <= microseconds(after));
}

TEST_CASE("the wall clock tells today's date") {
    const auto difference = std::chrono::system_clock::now() - make_clock()->wall();
    CHECK(std::chrono::abs(difference) < std::chrono::seconds{1});
}

TEST_CASE("the boot id is the kernel's") {
    CHECK(make_clock()->boot_id() + "\n" == get("/proc/sys/kernel/random/boot_id"));
}

TEST_CASE("random numbers stay below their bound and reach every value") {
    const auto random = make_random();
    std::array<unsigned, 5> seen{};
    for (unsigned i = 0; i < 5000; ++i) {
        const auto value = random->below(5);
        REQUIRE(value < 5);
        ++seen[value];
    }
    // Expected 1000 each, standard deviation 28: 750 is missed once in 10^18 runs.
    CHECK(*std::min_element(seen.begin(), seen.end()) > 750);
}

TEST_CASE("a bound that does not divide the range favours no part of it") {
    // With bound = 3/4 of 2^64 the remainder of one draw hits the lowest third twice as often as the others.
    const auto random = make_random();
    const auto bound = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
    unsigned low = 0;
    for (unsigned i = 0; i < 10'000; ++i) low += random->below(bound) < bound / 3 ? 1 : 0;
    // Fair: 3333, standard deviation 47. Biased by the remainder: 5000.
    CHECK(low > 2900);
    CHECK(low < 3800);
}

TEST_CASE("random numbers below 0 and 1 are 0") {
    CHECK(make_random()->below(0) == 0);
    CHECK(make_random()->below(1) == 0);
}
