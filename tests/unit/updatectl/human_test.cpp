#include "human.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace update::ctl;
using std::chrono::milliseconds;

TEST_CASE("bytes are shown with at most three digits and a unit") {
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(1023) == "1023 B");
    CHECK(human_bytes(1024) == "1.0 KiB");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes(10 * 1024) == "10 KiB");
    CHECK(human_bytes(64ULL << 20U) == "64 MiB");
    CHECK(human_bytes((1ULL << 20U) - 1) == "1.0 MiB");
    CHECK(human_bytes(3ULL << 29U) == "1.5 GiB");
    CHECK(human_bytes(std::numeric_limits<std::uint64_t>::max()) == "16 EiB");
}

TEST_CASE("durations are shown in their two largest units") {
    struct Case {
        std::int64_t ms;
        const char* text;
    };
    for (const Case& c :
         {Case{-5, "0 ms"}, Case{0, "0 ms"}, Case{999, "999 ms"}, Case{1'000, "1.0 s"}, Case{3'290, "3.2 s"},
          Case{9'999, "9.9 s"}, Case{10'000, "10 s"}, Case{59'999, "59 s"}, Case{60'000, "1 min"},
          Case{250'000, "4 min 10 s"}, Case{12'420'000, "3 h 27 min"}, Case{3'600'000, "1 h"},
          Case{187'200'000, "2 d 4 h"}}) {
        CAPTURE(c.ms);
        CHECK(human_duration(milliseconds{c.ms}) == c.text);
    }
}

TEST_CASE("foreign text cannot steer the terminal") {
    CHECK(printable("a\x1b[2Jb") == "a?[2Jb");
    CHECK(printable("a\r\nb\tc\x7f") == "a??b?c?");
    CHECK(printable("a\xc2\x9b"
                    "b") == "a?b");
    CHECK(printable("a\xff\xfe"
                    "b\xc3") == "a??b?");
    CHECK(printable("\x80\x80") == "??");
    CHECK(printable("Grün — 中") == "Grün — 中");
    CHECK(printable("") == "");
}

TEST_CASE("text is cut to a width by characters, not by bytes") {
    CHECK(columns("Grün…") == 5);
    CHECK(fitted("Grün", 4) == "Grün");
    CHECK(fitted("Grüne", 4) == "Grü…");
    CHECK(fitted("ab", 1) == "…");
    CHECK(fitted("ab", 0) == "");
}
