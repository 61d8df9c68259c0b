#include "settings/value_text.hpp"

#include <doctest/doctest.h>

#include "settings/suggestion.hpp"

using namespace update;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit") {
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("60s") == 60s);
    CHECK(parse_duration("10min") == 10min);
    CHECK(parse_duration("24h") == 24h);
    CHECK(parse_duration("7d") == 168h);
    CHECK(parse_duration("0s") == 0ms);
    CHECK(parse_duration("36500d") == 24h * 36'500);
}

TEST_CASE("what is not exactly one number and one unit is no duration") {
    for (const auto* bad : {"", "60", "s", "60 s", " 60s", "60s ", "60m", "60sec", "60S", "1h30min", "1.5s",
                            "-1s", "+1s", "0x1s", "60s60s", "36501d", "18446744073709551615d",
                            "18446744073709551616ms", "99999999999999999999999s"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad));
    }
}

TEST_CASE("a duration is written in the largest unit that fits, and read back") {
    CHECK(duration_text(0ms) == "0s");
    CHECK(duration_text(90s) == "90s");
    CHECK(duration_text(120s) == "2min");
    CHECK(duration_text(168h) == "7d");
    for (const auto duration : {1ms, 1500ms, 61'000ms, 3'600'000ms})
        CHECK(parse_duration(duration_text(duration)) == duration);
}

TEST_CASE("rates are read in decimal and binary units") {
    CHECK(parse_rate("none") == 0U);
    CHECK(parse_rate("0B/s") == 0U);
    CHECK(parse_rate("100B/s") == 100U);
    CHECK(parse_rate("800kB/s") == 800'000U);
    CHECK(parse_rate("5MB/s") == 5'000'000U);
    CHECK(parse_rate("512KiB/s") == 524'288U);
    CHECK(parse_rate("10MiB/s") == 10'485'760U);
    CHECK(parse_rate("1GiB/s") == 1'073'741'824U);
    for (const auto* bad : {"", "10", "10MiB", "MiB/s", "10 MiB/s", "10mib/s", "10Mbit/s", "-1MiB/s",
                            "1.5MiB/s", "18446744073709551615GiB/s", "/s"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_rate(bad));
    }
}

TEST_CASE("the name that was probably meant is the nearest one") {
    const std::vector<std::string> known{"state_dir", "server_url", "transfer.proxy", "trial.ready_timeout",
                                         "trial.ack_timeout"};
    CHECK(nearest_name("statedir", known) == "state_dir");
    CHECK(nearest_name("State-Dir", known) == "state_dir");
    CHECK(nearest_name("ready_timeout", known) == "trial.ready_timeout");
    CHECK(nearest_name("transfer.ready_timeout", known) == "trial.ready_timeout");
    CHECK(nearest_name("trial.ack_timout", known) == "trial.ack_timeout");
    CHECK(nearest_name("colour", known) == "");
    CHECK(nearest_name(std::string(100'000, 'x'), known) == "");
    CHECK(nearest_name("", known) == "");
}
