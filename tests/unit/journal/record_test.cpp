// What one journal record says after it was written and read again.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "journal/own_text.hpp"
#include "records.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a record is the same after a round trip through its text") {
    const Record record = plausible_record();
    const auto read = parse_record(to_json(record));
    REQUIRE(read);
    CHECK(*read == record);
}

TEST_CASE(
    "our own record without evidence is read the quick way, and that says what any reader of JSON says") {
    AnyRecord any{20};
    int quick = 0;
    for (int n = 0; n < 200; ++n) {
        Record record = any.next();
        record.evidence = {};
        if (n % 2 == 0) record.message = "agent ended with code 3";
        auto own = own_record_from(to_json(record));
        if (own && n % 2 != 0) own->message = record.message;  // it may have been cut
        if (own) CHECK(*own == record);
        CHECK((own || n % 2 != 0));  // a message may hold what has to be escaped
        quick += own ? 1 : 0;
    }
    CHECK(quick >= 100);
    CHECK_FALSE(own_record_from(to_json(plausible_record())));  // its evidence is for the other reader
}

TEST_CASE("every state, route and reason survives the round trip") {
    for (const Row& state : rows()) {
        Record record = plausible_record();
        record.progress.state = state.state;
        const auto read = parse_record(to_json(record));
        REQUIRE_MESSAGE(read, state.name);
        CHECK(read->progress.state == state.state);
    }
    for (std::uint8_t n = 0; reason_named(name(static_cast<Reason>(n))) == static_cast<Reason>(n); ++n) {
        Record record = plausible_record();
        record.reason = static_cast<Reason>(n);
        record.route = static_cast<Route>(n % 4);
        const auto read = parse_record(to_json(record));
        REQUIRE(read);
        CHECK(read->reason == record.reason);
        CHECK(read->route == record.route);
        if (record.reason == Reason::untrusted) break;
    }
}

TEST_CASE("a record is below 3 KiB whatever its fields hold, and nothing but the message is cut") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed ", seed);
    AnyRecord any{seed};
    std::size_t longest = 0;
    for (int n = 0; n < 5'000; ++n) {
        const Record record = any.next();
        const std::string text = to_json(record);
        longest = std::max(longest, text.size());
        REQUIRE_MESSAGE(text.size() < 3 * 1024, "seed " << seed << ", record " << n);
        auto read = parse_record(text);
        REQUIRE_MESSAGE(read, "seed " << seed << ", record " << n << ": " << read.error().message());
        read->message = record.message;
        REQUIRE_MESSAGE(*read == record, "seed " << seed << ", record " << n);
    }
    MESSAGE("the longest of 5000 took ", longest, " bytes");
}

TEST_CASE("a record of a newer schema is unsupported, not misread") {
    auto newer = nlohmann::json::parse(to_json(plausible_record()));
    newer["schema"] = Record::schema + 1;
    const auto read = parse_record(newer.dump());
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == ErrorCode::unsupported);
}

TEST_CASE("a record of an older version, without the fields that came later, is read") {
    auto old = nlohmann::json::parse(to_json(plausible_record()));
    for (const char* field : {"start_counted", "outage_extensions", "ended_at_unix_ms", "excused"})
        old.erase(field);
    const auto read = parse_record(old.dump());
    REQUIRE(read);
    Record expected = plausible_record();
    expected.outage_extensions = 0;
    expected.ended_at_unix_ms = 0;
    expected.progress.excused = 0;
    CHECK(*read == expected);
}

TEST_CASE("a record that lacks any field that is always there is corrupt") {
    // A version that lacks them must not lose the update that is under way when it is renewed.
    const std::set<std::string> may_be_absent{"downtime_us", "start_counted", "outage_extensions",
                                              "ended_at_unix_ms", "excused"};
    const auto whole = nlohmann::json::parse(to_json(plausible_record()));
    for (const auto& field : whole.items()) {
        const std::string& key = field.key();
        if (may_be_absent.contains(key)) continue;
        auto part = whole;
        part.erase(key);
        const auto read = parse_record(part.dump());
        REQUIRE_FALSE_MESSAGE(read.has_value(), key);
        CHECK(read.error().code() == ErrorCode::corrupt);
    }
}

TEST_CASE("a record that another program wrote, in another order and with spaces, says the same") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed ", seed);
    AnyRecord any{seed};
    for (int n = 0; n < 2'000; ++n) {
        const std::string own = to_json(any.next());
        const auto read = parse_record(own), other = parse_record(nlohmann::json::parse(own).dump(1));
        REQUIRE_MESSAGE(read, "seed " << seed << ", record " << n);
        REQUIRE_MESSAGE(other, "seed " << seed << ", record " << n);
        REQUIRE_MESSAGE(*read == *other, "seed " << seed << ", record " << n);
    }
}

TEST_CASE("what is no JSON is no record, however much it looks like one of ours") {
    const std::string own = to_json(plausible_record());
    const auto with = [&own](const std::string& text, const std::string& instead) {
        std::string changed = own;
        const std::size_t at = changed.find(text);
        REQUIRE(at != std::string::npos);
        return changed.replace(at, text.size(), instead);
    };
    const std::string wrong[] = {own + "x",
                                 own.substr(0, own.size() - 1),
                                 with(R"("resumes":2)", R"("resumes":02)"),
                                 with(R"("resumes":2)", R"("resumes":+2)"),
                                 with(R"("resumes":2)", R"("resumes":)"),
                                 with(R"("filed":false)", R"("filed":no)"),
                                 with(R"("from":"1.0")", "\"from\":\"1\n0\""),
                                 with(R"("route":"watchdog")", R"("route":"teleport")"),
                                 with(R"(,"bytes")", R"(;"bytes")")};
    for (const std::string& text : wrong) {
        const auto read = parse_record(text);
        REQUIRE_FALSE_MESSAGE(read.has_value(), text);
        CHECK(read.error().code() == ErrorCode::corrupt);
    }
}
