#include "policy/release.hpp"

#include <doctest/doctest.h>

using namespace update;

namespace {

ReleaseList sample() {
    Release release;
    release.version = "1.2.3-beta.1";
    release.epoch = 7;
    release.minimum_from = "1.0.0";
    release.restart = RestartKind::machine;
    release.rollout = {25, "salt"};
    release.artifacts.push_back(
        {Role::agent, "linux", "x86_64", "bin/agent", "agent/beta/agent-1.2.3", 4'294'967'297, {}, true});
    return {"agent", "beta", {release}, {{"permit-1", "*", "1.0.0", 1'800'000'000'000}}};
}

std::string with(const std::string& from, const std::string& to) {
    auto text = to_json(sample());
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a release list is read back as it was written") {
    const auto again = parse_release_list(to_json(sample()));
    REQUIRE(again);
    CHECK(*again == sample());
}

TEST_CASE("a leading v is normalised, garbage in a version is refused loudly") {
    CHECK(parse_release_list(with("\"1.2.3-beta.1\"", "\"v1.2.3-beta.1\""))->releases[0].version ==
          "1.2.3-beta.1");
    for (const auto* bad : {"\"1.2\"", "\"latest\"", "\"\"", "\"1.2.3 \"", "7", "null"}) {
        const auto refused = parse_release_list(with("\"1.2.3-beta.1\"", bad));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message().find("version") != std::string::npos);
    }
}

TEST_CASE("what would harm an endpoint is refused") {
    CHECK_FALSE(parse_release_list(with("bin/agent", "../bin/agent")));
    CHECK_FALSE(parse_release_list(with("\"percent\": 25", "\"percent\": 101")));
    CHECK_FALSE(parse_release_list(with("\"epoch\": 7", "\"epoch\": -1")));
    CHECK_FALSE(parse_release_list(with("\"size_bytes\": 4294967297", "\"size_bytes\": 0")));
    CHECK_FALSE(parse_release_list(with("\"product\": \"agent\"", "\"product\": \"../agent\"")));
    CHECK_FALSE(parse_release_list(with("\"format\": 1", "\"format\": 2")));
    CHECK_FALSE(parse_release_list(with("\"role\": \"agent\"", "\"role\": \"root\"")));
    auto twice = sample();
    twice.releases.push_back(twice.releases[0]);
    CHECK_FALSE(parse_release_list(to_json(twice)));
}
