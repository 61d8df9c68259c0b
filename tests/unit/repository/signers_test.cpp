// Keys in several hands: what is published waits for its signers, one after another.
#include "durable/durable.hpp"
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

namespace {

/// A publisher's folder that is carried from hand to hand; a key is in one of them.
struct Hands : World {
    std::string key_of(const std::string& role, std::size_t index = 0) {
        const auto root = repository::Tree{*disk, *folders, tree()}.read("root", 1);
        return *root->find("signed")->find("roles")->find(role)->find("keyids")->array()->at(index).text();
    }
    std::string key_of_channel(std::size_t index) {
        const auto top = repository::Tree{*disk, *folders, tree()}.read("targets", 2);
        return *top->find("signed")
                    ->find("delegations")
                    ->find("roles")
                    ->array()
                    ->at(0)
                    .find("keyids")
                    ->array()
                    ->at(index)
                    .text();
    }
    void take_away(const std::string& id) {
        std::filesystem::create_directories(folder.path() / "away");
        std::filesystem::rename(home() / "keys" / (id + ".pem"), folder.path() / "away" / (id + ".pem"));
    }
    void bring(const std::string& id) {
        std::filesystem::rename(folder.path() / "away" / (id + ".pem"), home() / "keys" / (id + ".pem"));
    }
    repository::Waits publish(const std::string& version, const std::string& channel = "stable") {
        auto opened = publisher();
        REQUIRE(opened->add("agent", version, {wish(file("agent", "program " + version))}));
        auto waits = opened->publish({"agent", version, channel, 1, {}, RestartKind::agent, {}});
        INFO((waits ? std::string{} : waits.error().message()));
        REQUIRE(waits);
        return *waits;
    }
    repository::Waits sign() {
        auto waits = publisher()->sign();
        INFO((waits ? std::string{} : waits.error().message()));
        REQUIRE(waits);
        return *waits;
    }
    /// Whether a client reads the tree, and finds the release list of stable in it.
    bool is_published() {
        FileHttp http{*disk};
        auto reader = client(http);
        REQUIRE(reader);
        const auto refreshed = (*reader)->refresh();
        INFO((refreshed ? std::string{} : refreshed.error().message()));
        REQUIRE(refreshed);
        return bool{(*reader)->find("agent/stable/releases.json")};
    }
    Path staged() const { return home() / repository::staged_edition_name; }
};

/// The targets need two signatures, and the second key has gone to somebody else.
struct TwoSigners : Hands {
    TwoSigners() {
        repository::InitWish wish;
        wish.targets = {2, 2};
        REQUIRE(publisher()->init(wish));
        take_away(key_of("targets", 1));
    }
};

}  // namespace

TEST_CASE("targets that need two signers wait for both, and what comes meanwhile waits with them") {
    TwoSigners hands;
    const auto first = hands.key_of("targets", 0), second = hands.key_of("targets", 1);
    auto waits = hands.publish("1.0.0");
    REQUIRE(waits.size() == 1);
    CHECK(waits[0].role == "targets");
    CHECK(waits[0].missing == std::vector{second});
    CHECK_FALSE(hands.is_published());
    CHECK(hands.publish("1.1.0").size() == 1);
    CHECK(hands.publisher()->list("agent", "stable")->releases.size() == 2);
    CHECK_FALSE(hands.is_published());
    // The other signer has the one key only.
    hands.take_away(first);
    hands.bring(second);
    CHECK(hands.sign().empty());
    CHECK(hands.is_published());
    CHECK(hands.publisher()->list("agent", "stable")->releases.size() == 2);
    CHECK(hands.problems().empty());
    CHECK_FALSE(std::filesystem::exists(hands.staged()));
    CHECK(hands.publisher()->sign().error().code() == ErrorCode::not_found);
}

TEST_CASE("a channel may need two signers while the others need one") {
    Hands hands;
    REQUIRE(hands.publisher()->init({}));
    const auto made = hands.publisher()->add_channel("agent", "stable", {2, 2});
    REQUIRE(made);
    CHECK(made->empty());
    CHECK(hands.publisher()->add_channel("agent", "stable", {}).error().code() == ErrorCode::refused);
    CHECK(hands.publisher()->add_channel("agent", "beta", {1, 2}).error().code() == ErrorCode::refused);
    const auto second = hands.key_of_channel(1);
    hands.take_away(second);
    const auto waits = hands.publish("1.0.0");
    REQUIRE(waits.size() == 1);
    CHECK(waits[0].role == "agent-stable");
    CHECK(waits[0].missing == std::vector{second});
    CHECK(hands.sign().size() == 1);
    hands.bring(second);
    CHECK(hands.sign().empty());
    CHECK(hands.problems().empty());
}

TEST_CASE("snapshot and timestamp may lie with somebody else, each with another") {
    Hands hands;
    REQUIRE(hands.publisher()->init({}));
    const auto snapshot = hands.key_of("snapshot"), timestamp = hands.key_of("timestamp");
    hands.take_away(snapshot);
    hands.take_away(timestamp);
    CHECK(hands.publish("1.0.0").at(0).role == "snapshot");
    CHECK(hands.sign().at(0).role == "snapshot");
    CHECK_FALSE(hands.is_published());
    hands.bring(snapshot);
    CHECK(hands.sign().at(0).role == "timestamp");
    CHECK_FALSE(hands.is_published());
    hands.take_away(snapshot);
    hands.bring(timestamp);
    CHECK(hands.sign().empty());
    CHECK(hands.is_published());
    CHECK(hands.problems().empty());
}

TEST_CASE("a signature that was bent on the way counts nothing") {
    TwoSigners hands;
    const auto first = hands.key_of("targets", 0), second = hands.key_of("targets", 1);
    REQUIRE(hands.publish("1.0.0").size() == 1);
    hands.take_away(first);
    hands.bring(second);
    std::string text = *read_text(*hands.disk, hands.staged(), 100'000);
    const auto role = text.find("\"targets\": {\n  \"signatures\"");
    REQUIRE(role != std::string::npos);
    auto& digit = text[text.find("\"sig\": \"", role) + 8];
    digit = digit == '0' ? '1' : '0';
    std::ofstream{hands.staged(), std::ios::binary} << text;
    const auto waits = hands.sign();
    REQUIRE(waits.size() == 1);
    CHECK(waits[0].missing == std::vector{first});
    CHECK_FALSE(hands.is_published());
}

TEST_CASE("a root that changes a key waits until what is published is signed by the new key, too") {
    Hands hands;
    REQUIRE(hands.publisher()->init({}));
    hands.publish("1.0.0");
    const auto old = hands.key_of("targets");
    hands.take_away(old);
    const auto state = hands.publisher()->rotate(trust::TopRole::targets);
    INFO((state ? std::string{} : state.error().message()));
    REQUIRE(state);
    CHECK(state->staged == 2);
    CHECK(state->missing == std::vector{old});
    CHECK(hands.is_published());
    auto waits = hands.sign();
    REQUIRE(waits.size() == 2);
    CHECK(waits[1].role == "root");
    CHECK(hands.publisher()->root_state()->published == 1);
    CHECK(hands.problems().empty());
    hands.bring(old);
    CHECK(hands.sign().empty());
    CHECK(hands.publisher()->root_state()->published == 2);
    CHECK(hands.is_published());
    CHECK(hands.problems().empty());
}

TEST_CASE("the timer goes on signing what it can while the rest waits for its keyholder") {
    Hands hands;
    REQUIRE(hands.publisher()->init({}));
    hands.publish("1.0.0");
    const auto key = hands.key_of("targets");
    hands.take_away(key);
    hands.clock.time += std::chrono::hours{24 * 85};
    auto left = hands.publisher()->resign(std::chrono::hours{24 * 6});
    INFO((left ? std::string{} : left.error().message()));
    REQUIRE(left);
    REQUIRE(left->size() == 1);
    CHECK(left->at(0).role == "targets");
    CHECK(hands.is_published());
    hands.clock.time += std::chrono::hours{24};
    left = hands.publisher()->resign(std::chrono::hours{24 * 6});  // it waits already, and is left alone
    REQUIRE(left);
    CHECK(left->size() == 1);
    hands.bring(key);
    CHECK(hands.sign().empty());
    left = hands.publisher()->resign(std::chrono::hours{24 * 6});
    REQUIRE(left);
    CHECK(left->empty());
    CHECK(hands.problems().empty());
}

TEST_CASE("what was published just before a crash does not wait any more") {
    Hands hands;
    REQUIRE(hands.publisher()->init({}));
    const auto key = hands.key_of("targets");
    hands.take_away(key);
    hands.publish("1.0.0");
    hands.bring(key);
    std::filesystem::copy(hands.staged(), hands.folder.path() / "kept");
    CHECK(hands.sign().empty());
    std::filesystem::copy(hands.folder.path() / "kept", hands.staged());
    CHECK(hands.publisher()->sign().error().code() == ErrorCode::not_found);
    CHECK(hands.publish("1.1.0").empty());
    CHECK(hands.problems().empty());
}

TEST_CASE("what waits is kept by gc, and forgotten by discard") {
    Hands hands;
    hands.clock.time =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()) +
        std::chrono::hours{1};
    REQUIRE(hands.publisher()->init({}));
    const auto key = hands.key_of("targets");
    hands.take_away(key);
    hands.publish("1.0.0");
    REQUIRE(hands.publisher()->collect_garbage({std::chrono::hours{0}}));
    std::filesystem::copy(hands.home(), hands.folder.path() / "kept",
                          std::filesystem::copy_options::recursive);
    hands.bring(key);
    CHECK(hands.sign().empty());
    CHECK(hands.is_published());
    CHECK(hands.problems().empty());
    std::filesystem::remove_all(hands.home());
    std::filesystem::rename(hands.folder.path() / "kept", hands.home());
    REQUIRE(hands.publisher()->discard());
    CHECK(hands.publisher()->list("agent", "stable")->releases.empty());
    CHECK(hands.publisher()->sign().error().code() == ErrorCode::not_found);
}
