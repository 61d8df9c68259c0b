#include "transfer/mirrors.hpp"

#include <doctest/doctest.h>

#include "support/manual_time.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;

TransferSettings settings() {
    TransferSettings s;
    s.backoff_first = 1s;
    s.backoff_max = 300s;
    return s;
}
const Instant start{1000s};

}  // namespace

TEST_CASE("the bound of the wait doubles up to its maximum and stays there") {
    CHECK(backoff_bound(settings(), 1) == 1s);
    CHECK(backoff_bound(settings(), 2) == 2s);
    CHECK(backoff_bound(settings(), 9) == 256s);
    CHECK(backoff_bound(settings(), 10) == 300s);
    CHECK(backoff_bound(settings(), 4'000'000'000U) == 300s);
}

TEST_CASE("the jitter is full: from nothing to the bound") {
    test::KnownRandom random;
    CHECK(backoff(settings(), 3, {}, random) == 4s);
    random.largest = false;
    CHECK(backoff(settings(), 3, {}, random) == 0ms);
}

TEST_CASE("Retry-After is the least to wait") {
    test::KnownRandom random;
    random.largest = false;
    CHECK(backoff(settings(), 1, 120s, random) == 120s);
}

TEST_CASE("Retry-After is honoured beyond the longest pause, and cut to the time of the whole download") {
    test::KnownRandom random;
    CHECK(backoff(settings(), 1, 3'600s, random) == 3'600s);
    CHECK(backoff(settings(), 1, std::chrono::seconds::max(), random) == settings().total_timeout);
}

TEST_CASE("mirrors are asked in their order") {
    Mirrors mirrors{3};
    CHECK(mirrors.choose(start)->index == 0);
    mirrors.count_failure(0);
    CHECK(mirrors.choose(start)->index == 1);
    mirrors.count_failure(1);
    CHECK(mirrors.choose(start)->index == 2);
    mirrors.count_failure(2);
    CHECK(mirrors.choose(start)->index == 0);
}

TEST_CASE("a mirror that may be asked at once comes before one that must wait") {
    Mirrors mirrors{2};
    mirrors.count_failure(0);
    mirrors.wait(0, start + 10s);
    mirrors.count_failure(1);
    mirrors.wait(1, start + 3s);
    CHECK(mirrors.choose(start)->index == 1);
    CHECK(mirrors.choose(start)->not_before == start + 3s);
}

TEST_CASE("a dropped mirror is never asked again") {
    Mirrors mirrors{2};
    mirrors.drop(0);
    mirrors.count_failure(1);
    mirrors.wait(1, start + 3s);
    CHECK(mirrors.choose(start)->index == 1);
}

TEST_CASE("no choice is left when all mirrors are dropped, or none was given") {
    Mirrors mirrors{1};
    mirrors.drop(0);
    CHECK_FALSE(mirrors.choose(start).has_value());
    CHECK_FALSE(Mirrors{0}.choose(start).has_value());
}

TEST_CASE("wrong content is forgiven once") {
    Mirrors mirrors{1};
    mirrors.count_wrong_content(0);
    CHECK(mirrors.choose(start).has_value());
    mirrors.count_wrong_content(0);
    CHECK_FALSE(mirrors.choose(start).has_value());
}

}  // namespace update
