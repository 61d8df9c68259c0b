#include "policy/version.hpp"

#include <doctest/doctest.h>

using namespace update;

TEST_CASE("the order of versions is that of SemVer 2.0.0") {
    // Section 11 of the specification, and what people get wrong: numbers by value, not by character.
    const std::vector<std::string> ascending{
        "0.0.1",      "0.9.0",        "0.10.0",        "1.0.0-0",       "1.0.0-2",
        "1.0.0-10",   "1.0.0--",      "1.0.0-alpha",   "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",    "1.0.0",
        "1.0.1",      "1.2.0",        "1.10.0",        "2.0.0",         "18446744073709551615.0.0"};
    for (std::size_t a = 0; a < ascending.size(); ++a)
        for (std::size_t b = 0; b < ascending.size(); ++b) {
            CAPTURE(ascending[a]);
            CAPTURE(ascending[b]);
            const auto order = compare(ascending[a], ascending[b]);
            REQUIRE(order);
            CHECK((*order < 0) == (a < b));
            CHECK((*order > 0) == (a > b));
        }
}

TEST_CASE("pre-release numbers of any length are ordered by value") {
    const auto order = compare("1.0.0-99999999999999999999998", "1.0.0-99999999999999999999999");
    REQUIRE(order);
    CHECK(*order < 0);
}

TEST_CASE("a leading v and build metadata do not change the order") {
    CHECK(compare("v1.2.3", "1.2.3") == std::weak_ordering::equivalent);
    CHECK(compare("1.2.3+a", "1.2.3+b") == std::weak_ordering::equivalent);
    CHECK(compare("1.2.3-rc.1+b", "v1.2.3+a") == std::weak_ordering::less);
}

TEST_CASE("what is not SemVer has no order") {
    for (const auto* bad : {"",
                            "v",
                            "1",
                            "1.2",
                            "1.2.3.4",
                            "01.2.3",
                            "1.02.3",
                            "1.2.03",
                            "1.2.3-",
                            "1.2.3+",
                            "1.2.3-a..b",
                            "1.2.3-01",
                            "1.2.3-a.00",
                            "1.2.3-ä",
                            "1.2.3+a+b",
                            "1.2.3+a..b",
                            "1.2.3 ",
                            " 1.2.3",
                            "V1.2.3",
                            "vv1.2.3",
                            "1.2.x",
                            "-1.2.3",
                            "+1.2.3",
                            "1.-2.3",
                            "0x1.2.3",
                            "1.2.3\n",
                            "1..3",
                            ".1.2",
                            "1.2.",
                            "18446744073709551616.0.0",
                            "1:9.2p1-2+deb12u7",
                            "latest",
                            "1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_semver(bad));
        CHECK_FALSE(compare(bad, "1.0.0"));
        CHECK_FALSE(compare("1.0.0", bad));
    }
    CHECK_FALSE(parse_semver(std::string_view{"1.2.3\0", 6}));
}

TEST_CASE("a version that is read is written in one spelling") {
    for (const auto* text : {"0.0.0", "1.2.3", "1.2.3-a.b-c.0", "1.2.3+001.-", "1.2.3-0a+b"}) {
        CAPTURE(text);
        const auto version = parse_semver(text);
        REQUIRE(version);
        CHECK(to_string(*version) == text);
        CHECK(normalised("v" + std::string{text}) == text);
    }
    CHECK(normalised("1:9.2p1-2") == "1:9.2p1-2");
    CHECK(normalised("v1.2") == "v1.2");
}
