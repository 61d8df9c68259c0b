// What a timer does: signing again what would expire, by a clock that may be wrong, and removing what is not
// needed.
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a timestamp that was signed a moment ago lives as long as its lifetime says") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.clock.time += std::chrono::milliseconds{999};  // metadata has whole seconds
    const auto left = publisher->resign(std::chrono::hours{24 * 7});
    REQUIRE(left);
    CHECK(left->empty());
}

TEST_CASE("a timer signs again what would expire, and says what it could not") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    CHECK(publisher->expiries()->front().role == "timestamp");
    world.clock.time += std::chrono::hours{24 * 80};
    CHECK_FALSE(world.refresh());
    const auto left = publisher->resign(std::chrono::hours{24 * 20});
    REQUIRE(left);
    REQUIRE(left->size() == 1);
    CHECK(left->at(0).role == "timestamp");  // it lives seven days, whenever it is signed
    CHECK(world.refresh());
    world.clock.time += std::chrono::hours{24 * 280};
    const auto root = publisher->resign(std::chrono::hours{24 * 7 - 1});
    REQUIRE(root);
    REQUIRE(root->size() == 1);
    CHECK(root->at(0).role == "root");
}

TEST_CASE("a publisher whose clock contradicts what was signed before signs nothing") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    const auto right = world.clock.time;
    for (const auto* wrong : {"1970-01-01T00:00:00Z", "2025-12-30T00:00:00Z", "2099-01-01T00:00:00Z"}) {
        world.clock.time = *trust::parse_date(wrong);
        const auto signed_again = publisher->resign(std::chrono::hours{0});
        REQUIRE_FALSE(signed_again);
        CHECK(signed_again.error().code() == ErrorCode::refused);
        CHECK(signed_again.error().message().find("set the clock") != std::string::npos);
    }
    world.clock.time = right - std::chrono::minutes{10};  // another machine's clock
    CHECK(publisher->resign(std::chrono::hours{0}));
}

TEST_CASE("after an edition that was signed by a wrong clock, a new timestamp key lets the publisher go on") {
    World world;
    auto publisher = world.publisher();
    world.clock.time = *trust::parse_date("2030-01-01T00:00:00Z");
    REQUIRE(publisher->init({}));
    world.clock.time = *trust::parse_date("2026-01-01T00:00:00Z");
    REQUIRE_FALSE(publisher->resign(std::chrono::hours{0}));
    REQUIRE(publisher->rotate(trust::TopRole::timestamp));
    CHECK(publisher->resign(std::chrono::hours{0}));
    CHECK(world.refresh());
}

TEST_CASE("gc removes what was not named for long enough, and nothing that a client needs") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    for (const auto* version : {"1.0.0", "1.1.0", "1.2.0"}) world.release(*publisher, version, "stable");
    world.clock.time += std::chrono::hours{24 * 80};
    REQUIRE(publisher->yank("agent", "1.0.0", "stable"));
    const std::chrono::hours week{24 * 7};
    const auto first = publisher->collect_garbage({week});
    REQUIRE(first);
    CHECK(first->removed == 0);  // however old the files are: a moment ago they were named
    CHECK(first->waiting > 8);
    world.clock.time += week - std::chrono::seconds{1};
    CHECK(publisher->collect_garbage({week})->removed == 0);
    world.clock.time += std::chrono::seconds{1};
    const auto second = publisher->collect_garbage({week});
    REQUIRE(second);
    CHECK(second->removed == first->waiting - 1);  // the draft of what was yanked stays longer
    REQUIRE(publisher->resign(std::chrono::hours{24 * 30}));
    CHECK(world.problems().empty());
    CHECK(publisher->collect_garbage({std::chrono::hours{0}})->waiting == 1);
    CHECK(world.problems().empty());
    CHECK(publisher->collect_garbage({std::chrono::hours{0}, std::chrono::hours{0}})->waiting == 0);
    CHECK(publisher->collect_garbage({std::chrono::hours{0}}) == repository::Publisher::Garbage{});
}

namespace {

/// Files of drafts and their artifacts.
std::size_t drafts(const World& world) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{world.home() / "drafts"})
        count += entry.is_regular_file();
    return count;
}

}  // namespace

TEST_CASE(
    "the draft of a release that is out goes after a while, and the release gets other terms without it") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    const std::chrono::hours week{24 * 7};
    REQUIRE(publisher->collect_garbage({week}));
    world.clock.time += week;
    REQUIRE(publisher->collect_garbage({week}));
    CHECK(drafts(world) == 1);  // the artifact was named until now
    world.clock.time += week;
    REQUIRE(publisher->collect_garbage({week}));
    CHECK(drafts(world) == 0);
    REQUIRE(publisher->resign(std::chrono::hours{24 * 30}));
    const auto widened =
        publisher->publish({"agent", "1.0.0", "stable", 3, {}, RestartKind::agent, Rollout{7, ""}});
    INFO((widened ? std::string{} : widened.error().message()));
    REQUIRE(widened);
    CHECK(publisher->list("agent", "stable")->releases.at(0).rollout.percent == 7);
    CHECK(world.problems().empty());
    const auto elsewhere = publisher->publish({"agent", "1.0.0", "beta"});
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().code() == ErrorCode::not_found);
    CHECK(publisher->promote("agent", "1.0.0", "stable", "beta"));
    CHECK(world.problems().empty());
}

TEST_CASE("a draft that nobody publishes stays longer, and one that is changed begins anew") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("agent", "program"))}));
    const std::chrono::hours week{24 * 7}, month{24 * 30};
    const repository::Publisher::GarbageAge age{week, month};
    REQUIRE(publisher->collect_garbage(age));
    world.clock.time += month - week;
    REQUIRE(publisher->collect_garbage(age));
    CHECK(drafts(world) == 2);
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("other", "other"), "bin/other")}));
    REQUIRE(publisher->collect_garbage(age));
    world.clock.time += month - week;
    REQUIRE(publisher->collect_garbage(age));
    CHECK(drafts(world) == 3);
    REQUIRE(publisher->publish({"agent", "1.0.0", "stable"}));
    CHECK(world.problems().empty());
}

TEST_CASE("a draft whose release waits for signatures, or is out with other files, is no published one") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("agent", "another program"))}));
    REQUIRE(publisher->collect_garbage({std::chrono::hours{0}}));
    CHECK(std::filesystem::exists(world.home() / "drafts" / "agent@1.0.0.json"));
    std::filesystem::rename(world.home() / "keys", world.folder.path() / "away");
    REQUIRE(publisher->add("agent", "1.1.0", {world.wish(world.file("agent", "program 1.1.0"))}));
    publisher.reset();
    publisher = world.publisher();
    const auto waits = publisher->publish({"agent", "1.1.0", "stable"});
    REQUIRE(waits);
    CHECK_FALSE(waits->empty());
    REQUIRE(publisher->collect_garbage({std::chrono::hours{0}}));
    CHECK(std::filesystem::exists(world.home() / "drafts" / "agent@1.1.0.json"));
}
