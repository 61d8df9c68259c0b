#include "policy/choice.hpp"

#include <doctest/doctest.h>

using namespace update;

namespace {

Release release(const std::string& version, std::uint64_t epoch = 0) {
    Release r;
    r.version = version;
    r.epoch = epoch;
    r.artifacts.push_back({Role::agent, "linux", "x86_64", "bin/agent", "agent/stable/agent", 1, {}, false});
    return r;
}

struct Fleet {
    ReleaseList list{"agent", "stable", {release("1.0.0"), release("1.2.0"), release("1.1.0")}, {}};
    EndpointFacts facts;
    Fleet() {
        facts.endpoint_id = "endpoint";
        facts.os = "linux";
        facts.arch = "x86_64";
        facts.running_version = "1.0.0";
        facts.now = WallTime{std::chrono::hours{24 * 365 * 50}};
        facts.digest = [](const std::string&) { return Sha256{}; };
    }
    std::string chosen() const {
        const auto choice = choose(list, facts);
        return choice.release ? list.releases[*choice.release].version : "nothing";
    }
    std::string obstacle(const std::string& version) const {
        for (const auto& considered : choose(list, facts).considered)
            if (considered.version == version) return considered.obstacle;
        return "not considered";
    }
};

}  // namespace

TEST_CASE("the newest release wins, whatever the order of the list") {
    Fleet fleet;
    CHECK(fleet.chosen() == "1.2.0");
    CHECK(fleet.obstacle("1.0.0") == "it runs already");
}

TEST_CASE("the channel is that of agent, site, client, or stable, in this order") {
    CHECK(resolve_channel({}).name == "stable");
    CHECK(resolve_channel({"", "", "beta"}).source == "client");
    CHECK(resolve_channel({"", "site", "beta"}).name == "site");
    CHECK(resolve_channel({"nightly", "site", "beta"}).source == "agent");
}

TEST_CASE("an endpoint that left beta keeps its newer version until stable has overtaken it") {
    Fleet fleet;
    fleet.facts.running_version = "1.3.0-beta.1";
    CHECK(fleet.chosen() == "nothing");
    fleet.list.releases.push_back(release("1.3.0"));
    CHECK(fleet.chosen() == "1.3.0");
}

TEST_CASE("an epoch below what was committed is refused, however new the version is") {
    Fleet fleet;
    fleet.facts.committed_epoch = 2;
    fleet.list.releases = {release("9.0.0", 1), release("1.1.0", 2)};
    CHECK(fleet.chosen() == "1.1.0");
    CHECK(fleet.obstacle("9.0.0").find("epoch") != std::string::npos);
}

TEST_CASE("a version that has used up its attempts leaves the way to the one before it") {
    Fleet fleet;
    fleet.facts.settings.attempts_per_version = 3;
    fleet.facts.memory.attempts = {{"1.2.0", 3, fleet.facts.now.time_since_epoch().count()}};
    CHECK(fleet.chosen() == "1.1.0");
    CHECK(fleet.obstacle("1.2.0").find("it was tried 3 times") == 0);
    fleet.facts.memory.attempts[0].count = 2;
    CHECK(fleet.chosen() == "1.2.0");
}

TEST_CASE("a signed permit allows one step back, once, for its endpoint, in its time") {
    Fleet fleet;
    fleet.facts.running_version = "1.2.0";
    fleet.facts.pin = "1.1.0";
    CHECK(fleet.chosen() == "nothing");
    const auto later = fleet.facts.now.time_since_epoch().count() + 1;
    fleet.list.permits = {{"p1", "endpoint", "1.1.0", later}};
    CHECK(fleet.chosen() == "1.1.0");
    CHECK(choose(fleet.list, fleet.facts).permit == "p1");
    SUBCASE("used") { fleet.facts.used_permits = {"p1"}; }
    SUBCASE("of another endpoint") { fleet.list.permits[0].endpoint = "other"; }
    SUBCASE("over") { fleet.list.permits[0].until_unix_ms = later - 1; }
    SUBCASE("for another version") { fleet.list.permits[0].version = "1.0.0"; }
    CHECK(fleet.chosen() == "nothing");
}

TEST_CASE("a waypoint must run first") {
    Fleet fleet;
    fleet.list.releases[1].minimum_from = "1.1.0";
    CHECK(fleet.chosen() == "1.1.0");
    fleet.facts.running_version = "1.1.0";
    CHECK(fleet.chosen() == "1.2.0");
}

TEST_CASE("pin, minimum version, hold, quarantine and platform each keep a release away") {
    Fleet fleet;
    SUBCASE("pin") {
        fleet.facts.pin = "v1.1.0";
        CHECK(fleet.chosen() == "1.1.0");
    }
    SUBCASE("minimum") {
        fleet.facts.minimum_version = "1.3.0";
        CHECK(fleet.chosen() == "nothing");
    }
    SUBCASE("hold") {
        fleet.facts.hold = true;
        CHECK(fleet.chosen() == "nothing");
        CHECK(choose(fleet.list, fleet.facts).obstacle == "updates are held");
    }
    SUBCASE("quarantine") {
        const auto now = fleet.facts.now.time_since_epoch().count();
        fleet.facts.memory.quarantine.push_back({"1.2.0", Reason::crashed, "", now, now + 1});
        CHECK(fleet.chosen() == "1.1.0");
    }
    SUBCASE("platform") {
        fleet.facts.arch = "aarch64";
        CHECK(fleet.chosen() == "nothing");
    }
}

TEST_CASE("a release that asks for another restart than the agent's is refused, loudly") {
    Fleet fleet;
    fleet.list.releases[1].restart = RestartKind::machine;
    fleet.list.releases[2].restart = RestartKind::nothing;
    CHECK(fleet.chosen() == "nothing");
    CHECK(fleet.obstacle("1.2.0") == "it needs the machine restarted, which no route does");
    CHECK(fleet.obstacle("1.1.0") == "it wants nothing restarted, and every route restarts the agent");
    const auto selected = select(fleet.list, fleet.facts, "1.2.0");
    REQUIRE_FALSE(selected);
    CHECK(selected.error().code() == ErrorCode::refused);
    fleet.list.releases[1].restart = RestartKind::agent;
    CHECK(fleet.chosen() == "1.2.0");
}

TEST_CASE("a rollout takes the share of the fleet that its buckets say, and more percent keep those in it") {
    Fleet fleet;
    fleet.list.releases = {release("2.0.0")};
    fleet.facts.digest = [](const std::string&) {
        Sha256 digest{};
        digest[6] = 0x09;  // 2,500 = 0x9c4: 25 %
        digest[7] = 0xc4;
        return digest;
    };
    fleet.list.releases[0].rollout.percent = 25;
    CHECK(fleet.chosen() == "nothing");
    CHECK(fleet.obstacle("2.0.0").find("25.00 %") != std::string::npos);
    fleet.list.releases[0].rollout.percent = 26;
    CHECK(fleet.chosen() == "2.0.0");
    fleet.list.releases[0].rollout.percent = 0;
    CHECK(fleet.chosen() == "nothing");
}

TEST_CASE("what others select must be one of the signed releases, and breaks no rule either") {
    Fleet fleet;
    REQUIRE(select(fleet.list, fleet.facts, "v1.1.0"));
    CHECK(*select(fleet.list, fleet.facts, "1.1.0") == 2);
    CHECK(select(fleet.list, fleet.facts, "6.6.6").error().code() == ErrorCode::not_found);
    fleet.facts.running_version = "1.2.0";
    CHECK(select(fleet.list, fleet.facts, "1.1.0").error().code() == ErrorCode::refused);
}

TEST_CASE("windows pass midnight and the end of the week, in their own zone") {
    const auto at = [](int day, int hour, int minute) {  // 1970-01-04 was a Sunday
        return WallTime{std::chrono::hours{24 * (3 + day) + hour} + std::chrono::minutes{minute}};
    };
    const std::vector<Window> windows{*parse_window("fri-sat 22:00-04:00")};
    const auto open = [&](int day, int hour, int minute = 0, int offset = 0, int jitter = 0) {
        return is_open(windows, at(day, hour, minute), std::chrono::minutes{offset},
                       std::chrono::minutes{jitter});
    };
    CHECK(open(5, 22));
    CHECK(open(6, 3, 59));
    CHECK(open(7, 3));  // Sunday morning, begun on Saturday
    CHECK_FALSE(open(6, 4));
    CHECK_FALSE(open(5, 21, 59));
    CHECK_FALSE(open(5, 3));
    CHECK(open(5, 21, 0, 60));
    CHECK_FALSE(open(5, 22, 0, 0, 30));
    CHECK(open(5, 22, 30, 0, 30));
    CHECK(is_open({}, at(0, 0, 0), std::chrono::minutes{0}));
    CHECK(is_open({*parse_window("daily 00:00-24:00")}, at(2, 23, 59), std::chrono::minutes{0}));
    for (const auto* bad : {"", "mon", "mon 22:00", "xyz 22:00-23:00", "mon 22:00-22:00", "mon 25:00-26:00",
                            "mon 2:00-3:00", "mon- 22:00-23:00", "mon 24:00-01:00"})
        CHECK_FALSE(parse_window(bad));
}
