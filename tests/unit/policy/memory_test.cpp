#include "policy/memory.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "ports/clock.hpp"

using namespace update;
using nlohmann::json;

namespace {

using std::chrono::hours;
constexpr WallTime monday{milliseconds{1'714'557'600'000}};  // 2024-05-01 10:00 UTC

PolicySettings settings() { return {}; }

Plan plan_to(const std::string& version, const std::string& from = "1.0.0", const std::string& id = "u-1") {
    return {id, "agent", from, version, {}};
}

Outcome ended(const std::string& version, Ending ending, Reason reason) {
    Outcome outcome;
    outcome.update_id = "u-1";
    outcome.ending = ending;
    outcome.reason = reason;
    outcome.message = "it said so";
    outcome.from_version = "1.0.0";
    outcome.to_version = version;
    outcome.bytes = 1;
    return outcome;
}

PolicyMemory after_crash(const std::string& version, WallTime when) {
    return record_outcome({}, ended(version, Ending::rolled_back, Reason::crashed), settings(), when);
}

PolicyMemory after_attempts(const std::string& version, int count) {
    PolicyMemory memory;
    for (int left = count; left > 0; --left)  // the last one is u-1
        memory = record_attempt(memory, plan_to(version, "1.0.0", "u-" + std::to_string(left)), settings(),
                                monday);
    return memory;
}

std::string refusal(const PolicyMemory& memory, const Plan& plan, WallTime now,
                    const PolicySettings& rules = settings()) {
    const auto answer = may_try(memory, plan, rules, now);
    if (answer) return "";
    CHECK(answer.error().code() == ErrorCode::refused);
    return answer.error().message();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a newer version that nothing is known about may be tried") {
    CHECK(may_try({}, plan_to("1.0.1"), settings(), monday));
    CHECK(may_try({}, plan_to("1.0.0", "1.0.0-rc.1"), settings(), monday));
}

TEST_CASE("the version that runs, in any spelling, is refused even if downgrades are allowed") {
    PolicySettings rules = settings();
    rules.allow_downgrade = true;
    for (const auto* version : {"1.0.0", "v1.0.0"})
        CHECK(contains(refusal({}, plan_to(version), monday, rules), "runs already"));
    CHECK(contains(refusal({}, plan_to("1:9.2", "1:9.2"), monday, rules), "runs already"));
}

TEST_CASE("an older version is refused unless downgrades are allowed") {
    PolicySettings rules = settings();
    CHECK(contains(refusal({}, plan_to("0.9.9"), monday, rules), "allow_downgrade"));
    CHECK(contains(refusal({}, plan_to("1.0.0-rc.1"), monday, rules), "not newer"));
    CHECK(contains(refusal({}, plan_to("1.0.0+other-build"), monday, rules), "not newer"));
    rules.allow_downgrade = true;
    CHECK(may_try({}, plan_to("0.9.9"), rules, monday));
    CHECK(may_try({}, plan_to("1.0.0+other-build"), rules, monday));
}

TEST_CASE("versions that cannot be ordered may be tried") {
    CHECK(may_try({}, plan_to("1:9.2p1-2+deb12u3", "1:9.2p1-2+deb12u7"), settings(), monday));
    CHECK(may_try({}, plan_to("1.2.3", "unknown"), settings(), monday));
}

TEST_CASE("a bad version is refused with reason, end and cure until its time is over") {
    const PolicyMemory memory = after_crash("v1.1.0", monday);
    const std::string message = refusal(memory, plan_to("1.1.0"), monday + hours{1});
    CHECK(contains(message, "crashed"));
    CHECK(contains(message, "it said so"));
    CHECK(contains(message, "2024-05-08 10:00:00 UTC"));
    CHECK(contains(message, "updatectl quarantine clear 1.1.0"));
    CHECK(refusal(memory, plan_to("1.1.0"), monday + hours{24 * 7} - milliseconds{1}) != "");
    CHECK(may_try(memory, plan_to("1.1.0"), settings(), monday + hours{24 * 7}));
    CHECK(may_try(memory, plan_to("1.1.1"), settings(), monday));
    CHECK(settled(memory, settings(), monday + hours{24 * 7}).quarantine.empty());
}

TEST_CASE("exactly the reasons that speak against a version quarantine it") {
    const std::vector<Reason> bad{Reason::self_test_failed, Reason::start_failed,  Reason::crashed,
                                  Reason::not_ready,        Reason::wrong_version, Reason::not_acknowledged,
                                  Reason::watchdog_failed};
    for (int i = 0; i <= static_cast<int>(Reason::untrusted); ++i) {
        const auto reason = static_cast<Reason>(i);
        CAPTURE(name(reason));
        const auto memory =
            record_outcome({}, ended("1.1.0", Ending::rolled_back, reason), settings(), monday);
        CHECK(memory.quarantine.size() == static_cast<std::size_t>(std::ranges::count(bad, reason)));
    }
}

TEST_CASE("a version that is committed is forgotten, also when its acknowledgement was never confirmed") {
    for (const Reason reason : {Reason::none, Reason::unconfirmed}) {
        PolicyMemory memory =
            record_attempt(after_crash("1.1.0", monday), plan_to("1.1.0"), settings(), monday);
        memory = record_outcome(memory, ended("v1.1.0", Ending::committed, reason), settings(), monday);
        CHECK(memory == PolicyMemory{});
    }
}

TEST_CASE("a version is refused when its attempts are used up, until it is cleared or its time is over") {
    CHECK(may_try(after_attempts("1.1.0", 2), plan_to("1.1.0"), settings(), monday));
    const PolicyMemory memory = after_attempts("v1.1.0", 3);
    const std::string message =
        refusal(memory, plan_to("1.1.0", "1.0.0", "u-9"), monday + hours{24 * 7} - milliseconds{1});
    CHECK(contains(message, "3 times"));
    CHECK(contains(message, "2024-05-08 10:00:00 UTC"));
    CHECK(contains(message, "updatectl quarantine clear 1.1.0"));
    CHECK(may_try(memory, plan_to("1.1.1"), settings(), monday));
    CHECK(may_try(cleared(memory, "v1.1.0"), plan_to("1.1.0"), settings(), monday));
    CHECK(may_try(memory, plan_to("1.1.0"), settings(), monday + hours{24 * 7}));
    CHECK(settled(memory, settings(), monday + hours{24 * 7}).attempts.empty());
}

TEST_CASE("without a quarantine the attempts of a version count for a day") {
    PolicySettings rules = settings();
    rules.quarantine_for = hours{0};
    const PolicyMemory memory = after_attempts("1.1.0", 3);
    CHECK(refusal(memory, plan_to("1.1.0", "1.0.0", "u-9"), monday + hours{23}, rules) != "");
    CHECK(may_try(memory, plan_to("1.1.0"), rules, monday + hours{24}));
}

TEST_CASE("attempts counted by a clock that was years ahead expire once the clock is right") {
    PolicyMemory memory;
    for (const auto* id : {"u-1", "u-2", "u-3"})
        memory =
            record_attempt(memory, plan_to("1.1.0", "1.0.0", id), settings(), monday + hours{24 * 365 * 20});
    CHECK(refusal(memory, plan_to("1.1.0", "1.0.0", "u-9"), monday) != "");
    memory = settled(memory, settings(), monday);
    CHECK(may_try(memory, plan_to("1.1.0"), settings(), monday + hours{24 * 7}));
}

TEST_CASE("clearing lifts a quarantine and leaves other versions alone") {
    PolicyMemory memory =
        record_outcome(after_crash("1.1.0", monday), ended("1.2.0", Ending::rolled_back, Reason::not_ready),
                       settings(), monday);
    memory = cleared(memory, "1.1.0");
    CHECK(may_try(memory, plan_to("1.1.0"), settings(), monday));
    CHECK(refusal(memory, plan_to("1.2.0"), monday) != "");
}

TEST_CASE("an attempt that somebody or the network stopped, or that never came to a byte, is given back") {
    struct Case {
        Ending ending;
        Reason reason;
        std::uint64_t bytes;
        std::size_t left;
    };
    const Case cases[] = {
        {Ending::abandoned, Reason::cancelled, 500, 0},
        {Ending::rolled_back, Reason::requested, 500, 0},
        {Ending::abandoned, Reason::no_space, 0, 0},
        {Ending::abandoned, Reason::no_route, 0, 0},
        {Ending::abandoned, Reason::download_failed, 0, 0},
        {Ending::abandoned, Reason::no_space, 500, 1},
        {Ending::abandoned, Reason::corrupt, 0, 0},
        {Ending::rolled_back, Reason::network, 500, 0},
        {Ending::abandoned, Reason::corrupt, 500, 1},
        {Ending::abandoned, Reason::download_failed, 500, 0},
        {Ending::abandoned, Reason::io_failed, 0, 0},
        {Ending::abandoned, Reason::io_failed, 500, 1},
        {Ending::rolled_back, Reason::crashed, 500, 1},
        {Ending::rolled_back, Reason::no_space, 0, 1},
    };
    for (const Case& c : cases) {
        CAPTURE(name(c.reason));
        Outcome outcome = ended("1.1.0", c.ending, c.reason);
        outcome.bytes = c.bytes;
        CHECK(record_outcome(after_attempts("1.1.0", 1), outcome, settings(), monday).attempts.size() ==
              c.left);
    }
}

TEST_CASE("an attempt is given back once, however often its outcome is recorded") {
    PolicyMemory memory = after_attempts("1.1.0", 2);
    for (int recorded = 0; recorded < 3; ++recorded) {
        memory =
            record_outcome(memory, ended("1.1.0", Ending::abandoned, Reason::cancelled), settings(), monday);
        REQUIRE(memory.attempts.size() == 1);
        CHECK(memory.attempts[0].count == 1);
    }
}

TEST_CASE("an update that is offered again, since a crash kept it from beginning, is one attempt") {
    PolicyMemory memory;
    for (int offers = 0; offers < 5; ++offers)
        memory =
            parse_policy_memory(to_json(record_attempt(memory, plan_to("1.1.0"), settings(), monday))).memory;
    REQUIRE(memory.attempts.size() == 1);
    CHECK(memory.attempts[0].count == 1);
    PolicySettings once = settings();
    once.attempts_per_version = 1;
    CHECK(may_try(memory, plan_to("1.1.0"), once, monday));
    CHECK(refusal(memory, plan_to("1.1.0", "1.0.0", "u-2"), monday, once) != "");
    memory = record_outcome(memory, ended("1.1.0", Ending::abandoned, Reason::corrupt), settings(), monday);
    CHECK(refusal(memory, plan_to("1.1.0"), monday, once) != "");  // that one has had its attempt
}

TEST_CASE(
    "a ban recorded by a clock that was years ahead ends within the configured time once the clock is "
    "right") {
    const PolicyMemory recorded = after_crash("1.1.0", monday + hours{24 * 365 * 20});
    CHECK(contains(refusal(recorded, plan_to("1.1.0"), monday), "2024-05-08"));
    const PolicyMemory memory = settled(recorded, settings(), monday);
    CHECK(refusal(memory, plan_to("1.1.0"), monday + hours{1}) != "");
    CHECK(may_try(memory, plan_to("1.1.0"), settings(), monday + hours{24 * 7}));
}

TEST_CASE("a ban in the file that is longer than configured is shortened") {
    PolicyMemory memory;
    memory.quarantine = {{"1.1.0", Reason::crashed, "", 1, std::numeric_limits<std::int64_t>::max()}};
    CHECK(may_try(memory, plan_to("1.1.0"), settings(), monday));
    CHECK(settled(memory, settings(), monday).quarantine.empty());
}

TEST_CASE("settling twice changes nothing more, and keeps what still counts") {
    PolicyMemory memory =
        record_attempt(after_crash("1.1.0", monday), plan_to("1.1.0"), settings(), monday + hours{24 * 400});
    memory = record_outcome(memory, ended("1.2.0", Ending::rolled_back, Reason::crashed), settings(), monday);
    const PolicyMemory once = settled(memory, settings(), monday + hours{1});
    CHECK(settled(once, settings(), monday + hours{1}) == once);
    CHECK(once.attempts.at(0).last_unix_ms == monday.time_since_epoch().count());
    REQUIRE(once.quarantine.size() == 1);  // the other one had expired when the clock was ahead
    CHECK(once.quarantine[0].version == "1.2.0");
}

TEST_CASE("only the newest 64 of each kind are remembered") {
    PolicyMemory memory;
    for (int i = 0; i < 200; ++i) {
        const std::string version = "1." + std::to_string(i) + ".0";
        memory = record_attempt(memory, plan_to(version), settings(), monday + milliseconds{i});
        memory = record_outcome(memory, ended(version, Ending::rolled_back, Reason::crashed), settings(),
                                monday + milliseconds{i});
    }
    CHECK(memory.quarantine.size() == max_remembered);
    CHECK(memory.attempts.size() == max_remembered);
    CHECK(memory.quarantine.back().version == "1.199.0");
    CHECK(memory.quarantine.front().version == "1.136.0");
    CHECK(memory.attempts.front().version == "1.136.0");
}

TEST_CASE("quarantining a version again renews its one entry") {
    PolicyMemory memory = after_crash("1.1.0", monday);
    memory = record_outcome(memory, ended("v1.1.0", Ending::rolled_back, Reason::not_ready), settings(),
                            monday + hours{5});
    REQUIRE(memory.quarantine.size() == 1);
    CHECK(memory.quarantine[0].reason == Reason::not_ready);
    CHECK(memory.quarantine[0].since_unix_ms == (monday + hours{5}).time_since_epoch().count());
}

TEST_CASE("what is remembered survives the way through the file") {
    PolicyMemory memory =
        record_attempt(after_crash("1.1.0", monday), plan_to("1:9.2p1-2+deb12u7"), settings(), monday);
    const LoadedMemory loaded = parse_policy_memory(to_json(memory));
    CHECK(loaded.note == "");
    CHECK(loaded.memory == memory);
}

TEST_CASE("the fullest memory survives the way through the file") {
    PolicyMemory memory;
    for (int i = 0; i < 64; ++i) {
        const std::string version = "1." + std::to_string(i) + ".0";
        Outcome outcome = ended(version, Ending::rolled_back, Reason::crashed);
        outcome.message = std::string(100'000, '\x01');
        memory = record_attempt(memory, plan_to(version), settings(), monday);
        memory = record_outcome(memory, outcome, settings(), monday);
    }
    const LoadedMemory loaded = parse_policy_memory(to_json(memory));
    CHECK(loaded.note == "");
    CHECK(loaded.memory == memory);
}

TEST_CASE("an unreadable file is an empty memory and a note, never a failure") {
    const std::string good = to_json(after_attempts("1.1.0", 1));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        const LoadedMemory loaded = parse_policy_memory(good.substr(0, size));
        CHECK(loaded.memory == PolicyMemory{});
        CHECK(contains(loaded.note, "unreadable"));
    }
    for (const auto* bad :
         {"[]", "1", "{}", R"({"schema":2,"quarantine":[],"attempts":[]})",
          R"({"schema":1,"quarantine":{},"attempts":[]})", R"({"schema":1,"quarantine":[]})",
          R"({"schema":1,"attempts":[],"attempts":[],"quarantine":[]})"}) {
        CAPTURE(bad);
        CHECK(contains(parse_policy_memory(bad).note, "unreadable"));
    }
}

TEST_CASE("a damaged entry is left out with a note, the others stay") {
    const PolicyMemory memory =
        record_attempt(after_crash("1.1.0", monday), plan_to("1.1.0"), settings(), monday);
    struct Case {
        const char* field;
        std::vector<json> wrong;
    };
    const Case cases[] = {
        {"version", {nullptr, 1, "", "a b", json::array()}},
        {"reason", {nullptr, 1, "bad luck"}},
        {"message", {nullptr, 1}},
        {"since_unix_ms", {nullptr, -1, "1", 1.5, 253'402'300'800'000}},
        {"until_unix_ms", {nullptr, -1, 18446744073709551615ULL}},
    };
    for (const Case& c : cases)
        for (const json& value : c.wrong) {
            CAPTURE(c.field);
            CAPTURE(value.dump());
            json file = json::parse(to_json(memory));
            file["quarantine"][0][c.field] = value;
            const LoadedMemory loaded = parse_policy_memory(file.dump());
            CHECK(contains(loaded.note, c.field));
            CHECK(loaded.memory.quarantine.empty());
            CHECK(loaded.memory.attempts == memory.attempts);
        }
    for (const json& value : std::vector<json>{0, -1, "3", 4'294'967'296}) {
        json file = json::parse(to_json(memory));
        file["attempts"][0]["count"] = value;
        CHECK(parse_policy_memory(file.dump()).memory.attempts.empty());
    }
}

TEST_CASE("a version that occurs twice in the file counts once") {
    json file = json::parse(to_json(after_attempts("1.1.0", 2)));
    file["attempts"].push_back({{"version", "v1.1.0"}, {"count", 7}, {"last_unix_ms", 5}});
    const LoadedMemory loaded = parse_policy_memory(file.dump());
    REQUIRE(loaded.memory.attempts.size() == 1);
    CHECK(loaded.memory.attempts[0].count == 7);
}

TEST_CASE("a clock outside the years 1970 to 9999 is survived") {
    for (const WallTime now : {WallTime::min(), WallTime{milliseconds{-1}}, WallTime::max()}) {
        const PolicyMemory memory =
            record_attempt(after_crash("1.1.0", now), plan_to("1.1.0"), settings(), now);
        CHECK(parse_policy_memory(to_json(memory)).memory == memory);
        CHECK_FALSE(may_try(memory, plan_to("1.1.0"), settings(), now));
    }
}
