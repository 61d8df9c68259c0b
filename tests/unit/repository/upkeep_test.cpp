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
    const auto first = publisher->collect_garbage(week);
    REQUIRE(first);
    CHECK(first->removed == 0);  // however old the files are: a moment ago they were named
    CHECK(first->waiting > 8);
    world.clock.time += week - std::chrono::seconds{1};
    CHECK(publisher->collect_garbage(week)->removed == 0);
    world.clock.time += std::chrono::seconds{1};
    const auto second = publisher->collect_garbage(week);
    REQUIRE(second);
    CHECK(second->removed == first->waiting);
    REQUIRE(publisher->resign(std::chrono::hours{24 * 30}));
    CHECK(world.problems().empty());
    CHECK(publisher->collect_garbage(std::chrono::hours{0})->waiting == 0);
    CHECK(world.problems().empty());
    CHECK(publisher->collect_garbage(std::chrono::hours{0}) == repository::Publisher::Garbage{});
}
