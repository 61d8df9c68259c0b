// JSON that is written field by field is the JSON that was meant.
#include "base/json_line.hpp"

#include <doctest/doctest.h>
#include <limits>
#include <nlohmann/json.hpp>

using namespace update;
using nlohmann::json;

TEST_CASE("a line of JSON reads as what was written") {
    JsonLine line{JsonLine::Beyond::escaped};
    line.text("plain", "abc");
    line.text("hard", "quote \" backslash \\ line\n tab\t zero-width \xe2\x80\x8b bell \x07 delete \x7f");
    line.flag("yes", true);
    line.flag("no", false);
    line.number("least", std::numeric_limits<std::int64_t>::min());
    line.number("most", std::numeric_limits<std::uint64_t>::max());
    line.written("list", "[1,2]");
    const json expected{
        {"plain", "abc"},
        {"hard", "quote \" backslash \\ line\n tab\t zero-width \xe2\x80\x8b bell \x07 delete \x7f"},
        {"yes", true},
        {"no", false},
        {"least", std::numeric_limits<std::int64_t>::min()},
        {"most", std::numeric_limits<std::uint64_t>::max()},
        {"list", {1, 2}}};
    CHECK(json::parse(line.finish()) == expected);
    CHECK(JsonLine{JsonLine::Beyond::escaped}.finish() == "{}");
}

TEST_CASE("every single byte in a text comes back, or as U+FFFD where it is no UTF-8") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string value{'a', static_cast<char>(byte), 'b'};
        for (const auto beyond : {JsonLine::Beyond::escaped, JsonLine::Beyond::as_they_are}) {
            const auto read = json::parse(JsonLine::quoted(value, beyond), nullptr, false);
            REQUIRE_MESSAGE(read.is_string(), "byte " << byte);
            CHECK_MESSAGE(read.get<std::string>() == (byte < 0x80 ? value
                                                                  : "a\xef\xbf\xbd"
                                                                    "b"),
                          "byte " << byte);
        }
    }
}

TEST_CASE("characters beyond ASCII are escaped or left as they are, as was asked for") {
    CHECK(JsonLine::quoted("\xc3\xa4", JsonLine::Beyond::escaped) == R"("\u00e4")");
    CHECK(JsonLine::quoted("\xc3\xa4", JsonLine::Beyond::as_they_are) == "\"\xc3\xa4\"");
}
