#include "trust/json.hpp"

#include <doctest/doctest.h>

using namespace update;
using namespace update::trust;

namespace {

bool accepted(std::string_view text) { return bool{parse_json(text, 100'000)}; }
std::string canonical_of(std::string_view text) {
    const auto json = parse_json(text, 100'000);
    REQUIRE(json);
    return canonical(*json);
}
std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a name that occurs twice in one object is refused, in two objects it is not") {
    CHECK_FALSE(accepted(R"({"a": 1, "b": 2, "a": 1})"));
    CHECK_FALSE(accepted(R"({"a": 1, "\u0061": 1})"));
    CHECK(accepted(R"({"a": {"a": 1}, "b": {"a": 1}})"));
}

TEST_CASE("numbers are whole, of 64 bits, and written in one way") {
    for (const auto* good : {"0", "-1", "9223372036854775807", "-9223372036854775808"})
        CHECK(canonical_of(good) == good);
    for (const auto* bad : {"1.0", "1e3", "01", "-", "+1", "9223372036854775808", "1.", "0x1", "NaN", "--1"})
        CHECK_FALSE(accepted(bad));
}

TEST_CASE("nesting is bounded, so that a hostile text cannot exhaust the stack") {
    CHECK(accepted(nested(max_depth + 1)));
    CHECK_FALSE(accepted(nested(max_depth + 2)));
    CHECK_FALSE(parse_json(std::string(1'000'000, '['), 2'000'000));
}

TEST_CASE("a text above the limit is not looked at") {
    CHECK(parse_json("[1]", 3));
    CHECK_FALSE(parse_json("[1]", 2));
}

TEST_CASE("strings are UTF-8 with complete escapes") {
    CHECK(canonical_of(R"("\u00e9\ud83d\ude00\n\/")") == "\"é😀\n/\"");
    for (const auto* bad : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\x")",
                            R"("\u12")", R"("a)", "\"\n\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\""})
        CHECK_FALSE(accepted(bad));
}

TEST_CASE("what follows the value is white space or an error") {
    CHECK(accepted(" {} \r\n\t"));
    for (const auto* bad : {"{} {}", "{},", "", " ", "\xef\xbb\xbf{}", "[1,]", "{\"a\":1,}", "[1 2]", "{a:1}",
                            "nul", "{\"a\"}", "// comment\n{}"})
        CHECK_FALSE(accepted(bad));
    CHECK_FALSE(accepted(std::string_view{"{}\0{}", 5}));
}

TEST_CASE("the canonical form sorts names by bytes and escapes nothing but quote and backslash") {
    CHECK(canonical_of(
              "{\"b\": [true, null, false], \"a\": -0, \"\\u00e9\": \"\\\\\\\"\\u0001\", \"Z\": {}}") ==
          "{\"Z\":{},\"a\":0,\"b\":[true,null,false],\"é\":\"\\\\\\\"\x01\"}");
}

TEST_CASE("the indented form is read back as the same value") {
    const auto json = parse_json("{\"b\":[1,{\"x\":\"\\u0000\\u001f\\\"\"}],\"a\":{},\"c\":[]}", 1000);
    REQUIRE(json);
    const auto again = parse_json(indented(*json), 1000);
    REQUIRE(again);
    CHECK(*again == *json);
}
