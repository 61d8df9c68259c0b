#include <fmt/format.h>

#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("what is published, a client accepts, and finds the release and its bytes") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "beta");
    CHECK(world.problems().empty());
    FileHttp http{*world.disk};
    auto client = world.client(http);
    REQUIRE(client);
    const auto status = (*client)->refresh();
    INFO((status ? std::string{} : status.error().message()));
    REQUIRE(status);
    const auto list = publisher->list("agent", "beta");
    REQUIRE(list);
    REQUIRE(list->releases.size() == 1);
    const auto& artifact = list->releases[0].artifacts.at(0);
    CHECK(artifact.target == "agent/beta/linux-x86_64-1.0.0-agent");
    const auto target = (*client)->find(artifact.target);
    REQUIRE(target);
    CHECK(target->length == 13);
    CHECK_FALSE((*client)->find("agent/stable/releases.json"));
}

TEST_CASE("a release is promoted and yanked, each channel by itself") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "beta");
    world.release(*publisher, "1.1.0", "beta");
    REQUIRE(publisher->promote("agent", "v1.1.0", "beta", "stable"));
    REQUIRE(publisher->yank("agent", "1.1.0", "beta"));
    CHECK(publisher->list("agent", "beta")->releases.size() == 1);
    const auto stable = publisher->list("agent", "stable");
    REQUIRE(stable->releases.size() == 1);
    CHECK(stable->releases[0].version == "1.1.0");
    CHECK(publisher->promote("agent", "9.9.9", "beta", "stable").error().code() == ErrorCode::not_found);
    CHECK(world.problems().empty());
}

TEST_CASE("a version is not promoted over another one of the same name") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "beta");
    REQUIRE(publisher->promote("agent", "1.0.0", "beta", "stable"));
    CHECK(publisher->promote("agent", "1.0.0", "beta", "stable"));
    REQUIRE(publisher->yank("agent", "1.0.0", "beta"));
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("agent", "something else"))}));
    REQUIRE(publisher->publish({"agent", "1.0.0", "beta", 1, {}, RestartKind::agent, {}}));
    const auto promoted = publisher->promote("agent", "1.0.0", "beta", "stable");
    REQUIRE_FALSE(promoted);
    CHECK(promoted.error().code() == ErrorCode::refused);
}

TEST_CASE("a version that is out never gets other bytes") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("agent", "something else"))}));
    CHECK(publisher->publish({"agent", "1.0.0", "stable", 1, {}, RestartKind::agent, {}}).error().code() ==
          ErrorCode::refused);
    CHECK(world.problems().empty());
}

TEST_CASE("publishing a version again keeps epoch, waypoint and rollout that it had, unless told otherwise") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("agent", "program"))}));
    const Rollout tenth{10, "salt"};
    REQUIRE(publisher->publish({"agent", "1.0.0", "stable", 5, "0.9.0", RestartKind::agent, tenth}));
    repository::PublishWish again{"agent", "1.0.0", "stable"};
    REQUIRE(publisher->publish(again));
    const auto kept = publisher->list("agent", "stable")->releases.at(0);
    CHECK(kept.epoch == 5);
    CHECK(kept.minimum_from == "0.9.0");
    CHECK(kept.rollout == tenth);
    again.rollout = Rollout{50, "salt"};
    REQUIRE(publisher->publish(again));
    CHECK(publisher->list("agent", "stable")->releases.at(0).rollout.percent == 50);
    CHECK(publisher->list("agent", "stable")->releases.at(0).epoch == 5);
}

TEST_CASE("a release without an epoch of its own gets the highest of its channel") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    const auto publish = [&](const char* version, repository::PublishWish wish) {
        wish.version = version;
        REQUIRE(publisher->add("agent", version, {world.wish(world.file("agent", version))}));
        REQUIRE(publisher->publish(wish));
        return publisher->list("agent", wish.channel)->releases.back().epoch;
    };
    CHECK(publish("1.0.0", {"agent", {}, "stable", 5, {}, RestartKind::agent, {}}) == 5);
    CHECK(publish("1.1.0", {"agent", {}, "stable"}) == 5);
    CHECK(publish("1.2.0", {"agent", {}, "beta"}) == 0);
    CHECK(publish("1.3.0", {"agent", {}, "stable", 6, {}, RestartKind::agent, {}}) == 6);
}

TEST_CASE("what no endpoint would install is not published: a restart of anything but the agent") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    REQUIRE(publisher->add("agent", "1.0.0", {world.wish(world.file("agent", "program"))}));
    for (const auto restart : {RestartKind::machine, RestartKind::nothing}) {
        const auto published = publisher->publish({"agent", "1.0.0", "stable", 1, {}, restart, {}});
        REQUIRE_FALSE(published);
        CHECK(published.error().code() == ErrorCode::refused);
    }
    CHECK(publisher->list("agent", "stable")->releases.empty());
}

TEST_CASE("only one publisher works at a time, and only with the passphrase") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    const auto second = repository::Publisher::open(
        {*world.disk, *world.folders, *world.locks, world.clock, world.crypto, world.smith, *world.processes},
        world.home(), [] { return Result<std::string>{"words"}; });
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == ErrorCode::retry_later);
    publisher.reset();
    auto stranger = world.publisher(nullptr, "guess");
    CHECK_FALSE(stranger->resign(std::chrono::hours{0}));
    CHECK(world.problems().empty());
}

TEST_CASE("private keys lie encrypted, in a folder that others cannot enter, and not in the tree") {
    World world;
    REQUIRE(world.publisher()->init({}));
    unsigned keys = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{world.home()}) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file{entry.path()};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        CHECK(text.find("-----BEGIN PRIVATE KEY-----") == std::string::npos);
        if (text.find("ENCRYPTED PRIVATE KEY") == std::string::npos) continue;
        ++keys;
        CHECK(entry.path().parent_path() == world.home() / "keys");
    }
    CHECK(keys == 4);
#if !defined(_WIN32)  // which has access lists: tests/unit/os/windows
    CHECK((std::filesystem::status(world.home() / "keys").permissions() & std::filesystem::perms{077}) ==
          std::filesystem::perms::none);
    CHECK((std::filesystem::status(world.tree() / "metadata" / "timestamp.json").permissions() &
           std::filesystem::perms::others_read) != std::filesystem::perms::none);
#endif
}

TEST_CASE("keys of every role are rotated while clients of the old and of the new root read on") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    REQUIRE(world.refresh());
    for (const auto role : trust::top_roles) {
        const auto state = publisher->rotate(role);
        INFO((state ? std::string{} : state.error().message()));
        REQUIRE(state);
        CHECK(state->staged == 0);
        CHECK(world.refresh());
        world.release(*publisher, fmt::format("1.{}.0", state->published), "stable");
        CHECK(world.refresh());
        CHECK(world.refresh("store-" + std::to_string(state->published)));
    }
    CHECK(publisher->root_state()->published == 5);
    CHECK(world.problems().empty());
}

TEST_CASE("a root that needs two signers waits for both, and what is published meanwhile stays readable") {
    World world;
    auto publisher = world.publisher();
    repository::InitWish wish;
    wish.root = {2, 2};
    REQUIRE(publisher->init(wish));
    REQUIRE(world.refresh());
    // The second root key goes to somebody else.
    publisher.reset();
    const auto root = repository::Tree{*world.disk, *world.folders, world.tree()}.read("root", 1);
    const auto second =
        *root->find("signed")->find("roles")->find("root")->find("keyids")->array()->at(1).text();
    const Path key = world.home() / "keys" / (second + ".pem"), away = world.folder.path() / "away.pem";
    std::filesystem::rename(key, away);
    publisher = world.publisher();
    auto state = publisher->rotate(trust::TopRole::timestamp);
    INFO((state ? std::string{} : state.error().message()));
    REQUIRE(state);
    CHECK(state->published == 1);
    CHECK(state->staged == 2);
    CHECK(state->missing == std::vector{second});
    world.release(*publisher, "1.0.0", "stable");
    CHECK(world.refresh());
    std::filesystem::rename(away, key);
    const auto waits = publisher->sign();
    REQUIRE(waits);
    CHECK(waits->empty());
    CHECK(publisher->root_state()->published == 2);
    CHECK(world.refresh());
    CHECK(world.refresh("new"));
}

TEST_CASE("a key may be held by a command that signs") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    publisher.reset();
    const auto settings_file = world.home() / "settings.json";
    std::ifstream in{settings_file};
    auto settings = repository::parse_publisher_settings(std::string{std::istreambuf_iterator<char>{in}, {}});
    REQUIRE(settings);
    for (auto& [id, place] : settings->keys) place = {{}, {SIGNING_COMMAND, "fail"}};
    std::ofstream{settings_file} << repository::to_json(*settings);
    const auto status = world.publisher()->resign(std::chrono::hours{0});
    REQUIRE_FALSE(status);
    CHECK(status.error().message().find("ended with 7") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(world.home() / "to-sign"));
}

TEST_CASE("what a command signs is published when its key did sign it, and nothing else is") {
    World world;
    repository::InitWish wish;
    wish.scheme = KeyScheme::ecdsa_sha2_p256;
    REQUIRE(world.publisher()->init(wish));
    REQUIRE(world.refresh());
    const auto settings_file = world.home() / "settings.json";
    std::ifstream in{settings_file};
    auto settings = repository::parse_publisher_settings(std::string{std::istreambuf_iterator<char>{in}, {}});
    REQUIRE(settings);
    std::filesystem::rename(world.home() / "keys", world.folder.path() / "elsewhere");
    const auto sign_by = [&](const char* what) {
        for (auto& [id, place] : settings->keys)
            place = {{}, {SIGNING_COMMAND, what, (world.folder.path() / "elsewhere").string()}};
        std::ofstream{settings_file} << repository::to_json(*settings);
        return world.publisher()->resign(std::chrono::hours{0});
    };
    const auto wrong = sign_by("nothing");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code() == ErrorCode::refused);
    CHECK(wrong.error().message().find("printed is no signature by the key") != std::string::npos);
    CHECK(world.refresh());
    const auto right = sign_by("file");
    INFO((right ? std::string{} : right.error().message()));
    CHECK(right);
    CHECK(world.publisher()->expiries()->front().version == 2);
    CHECK(world.refresh());
}
