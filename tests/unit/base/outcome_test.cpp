#include <doctest/doctest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include <update/outcome.hpp>

using namespace update;
using nlohmann::json;

namespace {

Outcome full_outcome() {
    Outcome o;
    o.update_id = "u-1";
    o.ending = Ending::rolled_back;
    o.reason = Reason::no_space;
    o.message = "stage: disk full \xe2\x80\x94 \"x\"\n";
    o.evidence = {61, 12, 4711, -1, 9};
    o.route = Route::self_update;
    o.from_version = "1.0.0";
    o.to_version = "1:9.2p1-2+deb12u7";
    o.bytes = std::numeric_limits<std::uint64_t>::max();
    o.downtime_us = 123'456;
    o.duration_ms = 42;
    o.ended_at_unix_ms = 1'700'000'000'000;
    return o;
}

ErrorCode code_of(const Result<Outcome>& parsed) {
    REQUIRE_FALSE(parsed);
    return parsed.error().code();
}

}  // namespace

TEST_CASE("an outcome survives the way through JSON") {
    const auto parsed = parse_outcome(to_json(full_outcome()));
    REQUIRE(parsed);
    CHECK(*parsed == full_outcome());
}

TEST_CASE("what is unknown in an outcome stays unknown and does not become zero") {
    Outcome o = full_outcome();
    o.evidence = {};
    o.downtime_us.reset();
    CHECK(to_json(o).find("downtime") == std::string::npos);
    const auto parsed = parse_outcome(to_json(o));
    REQUIRE(parsed);
    CHECK(*parsed == o);
}

TEST_CASE("every ending, route and reason has one word of its own and is found by it") {
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(Ending::needs_repair); ++i) {
        words.insert(name(static_cast<Ending>(i)));
        CHECK(ending_named(name(static_cast<Ending>(i))) == static_cast<Ending>(i));
    }
    CHECK(words.size() == 4);
    words.clear();
    for (int i = 0; i <= static_cast<int>(Route::exit_code); ++i) {
        words.insert(name(static_cast<Route>(i)));
        CHECK(route_named(name(static_cast<Route>(i))) == static_cast<Route>(i));
    }
    CHECK(words.size() == 4);
    words.clear();
    for (int i = 0; i <= static_cast<int>(Reason::untrusted); ++i) {
        words.insert(name(static_cast<Reason>(i)));
        CHECK(reason_named(name(static_cast<Reason>(i))) == static_cast<Reason>(i));
    }
    CHECK(words.size() == 23);
}

TEST_CASE("the words that scripts depend on are these") {
    const auto all = [](auto last) {
        std::string words;
        for (int i = 0; i <= static_cast<int>(last); ++i)
            words += std::string{name(static_cast<decltype(last)>(i))} + " ";
        return words;
    };
    CHECK(all(Ending::needs_repair) == "committed rolled-back abandoned needs-repair ");
    CHECK(all(Route::exit_code) == "none watchdog self-update exit-code ");
    CHECK(all(Reason::untrusted) ==
          "none cancelled refused no-route no-space download-failed corrupt wrong-machine self-test-failed "
          "io-failed "
          "stop-failed start-failed crashed not-ready wrong-version not-acknowledged network watchdog-failed "
          "crash-loop "
          "unconfirmed restore-failed requested untrusted ");
    CHECK_FALSE(ending_named("rolled_back"));
    CHECK_FALSE(route_named(""));
    CHECK_FALSE(reason_named("Crashed"));
}

TEST_CASE("every truncation of an outcome is an error") {
    const std::string text = to_json(full_outcome());
    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        CHECK(code_of(parse_outcome(text.substr(0, size))) == ErrorCode::corrupt);
    }
}

TEST_CASE("each field of an outcome refuses wrong types and ranges, and is named in the message") {
    struct Case {
        const char* field;
        std::vector<json> wrong;
    };
    const std::vector<json> not_text{nullptr, true, 1, 1.5, json::array(), json::object()};
    const std::vector<json> not_a_count{-1, 1.5, "1", true, json::array(), json::object(), 1e300};
    const Case cases[] = {
        {"/update_id", not_text},
        {"/update_id", {"", "../x"}},
        {"/ending", not_text},
        {"/ending", {"", "won", "rolled_back"}},
        {"/reason", not_text},
        {"/reason", {"", "bad luck"}},
        {"/message", not_text},
        {"/route", not_text},
        {"/route", {"", "bus"}},
        {"/from_version", not_text},
        {"/from_version", {"", "1 2"}},
        {"/to_version", not_text},
        {"/to_version", {"a/b"}},
        {"/bytes", not_a_count},
        {"/downtime_us", not_a_count},
        {"/duration_ms", not_a_count},
        {"/duration_ms", {std::numeric_limits<std::uint64_t>::max()}},
        {"/ended_at_unix_ms", not_a_count},
        {"/ended_at_unix_ms", {253'402'300'800'000}},
        {"/evidence", {1, "x", nullptr, json::array()}},
        {"/evidence/need_bytes", not_a_count},
        {"/evidence/have_bytes", not_a_count},
        {"/evidence/locking_pid", not_a_count},
        {"/evidence/exit_code", {"1", 1.5, 4'294'967'296}},
        {"/evidence/signal", {0, 256, "9"}},
    };
    for (const Case& c : cases)
        for (const json& value : c.wrong) {
            CAPTURE(c.field);
            CAPTURE(value.dump());
            json changed = json::parse(to_json(full_outcome()));
            changed[json::json_pointer{c.field}] = value;
            const auto parsed = parse_outcome(changed.dump());
            CHECK(code_of(parsed) == ErrorCode::corrupt);
            CHECK(parsed.error().message().find(json::json_pointer{c.field}.back()) != std::string::npos);
        }
}

TEST_CASE("the identifying fields of an outcome must be there, the others may be absent") {
    for (const auto* field : {"update_id", "ending", "reason", "from_version", "to_version"}) {
        CAPTURE(field);
        json changed = json::parse(to_json(full_outcome()));
        changed.erase(field);
        CHECK(code_of(parse_outcome(changed.dump())) == ErrorCode::corrupt);
    }
    const auto least = parse_outcome(
        R"({"update_id":"u","ending":"committed","reason":"none","from_version":"1","to_version":"2","new":[1]})");
    REQUIRE(least);
    CHECK(least->ending == Ending::committed);
    CHECK(least->route == Route::none);
    CHECK_FALSE(least->downtime_us);
}

TEST_CASE("a message of any length and any bytes can be filed and read back") {
    Outcome o = full_outcome();
    o.message = std::string(100'000, '\xff');
    const auto parsed = parse_outcome(to_json(o));
    REQUIRE(parsed);
    CHECK(parsed->message.size() <= max_message_bytes);
    o.message = std::string(max_message_bytes - 1, 'a') + "\xc3\xa4";
    const auto cut = parse_outcome(to_json(o));
    REQUIRE(cut);
    CHECK(cut->message == std::string(max_message_bytes - 1, 'a'));
}
