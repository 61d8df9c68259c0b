// Keys that go: of a channel, and of a role that has several.
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Repository : World {
    std::unique_ptr<repository::Publisher> publisher = World::publisher();
    explicit Repository(const repository::InitWish& wish = {}) { REQUIRE(publisher->init(wish)); }

    repository::Json document(const std::string& role, repository::Version version) {
        const auto file = repository::Tree{*disk, *folders, tree()}.read(role, version);
        REQUIRE(file);
        return *file->find("signed");
    }
    std::vector<std::string> root_keys(repository::Version version) {
        std::vector<std::string> ids;
        const auto root = document("root", version);
        for (const auto& id : *root.find("roles")->find("root")->find("keyids")->array())
            ids.push_back(*id.text());
        return ids;
    }
    /// Whether a client with this store finds the release list of stable.
    bool is_read(const std::string& store) {
        FileHttp http{*disk};
        const auto reader = client(http, store);
        REQUIRE(reader);
        const auto refreshed = (*reader)->refresh();
        INFO((refreshed ? std::string{} : refreshed.error().message()));
        REQUIRE(refreshed);
        return bool{(*reader)->find("agent/stable/releases.json")};
    }
};

std::string key_of_stable(const repository::Json& targets) {
    const auto* role = &targets.find("delegations")->find("roles")->array()->front();
    return *role->find("keyids")->array()->front().text();
}

}  // namespace

TEST_CASE("a channel gets a new key in one edition, and what the old key signs counts no more") {
    Repository world;
    world.release(*world.publisher, "1.0.0", "stable");
    REQUIRE(world.is_read("before"));
    const auto old_key = key_of_stable(world.document("targets", 2));
    const auto waits = world.publisher->rotate_channel("agent", "stable");
    INFO((waits ? std::string{} : waits.error().message()));
    REQUIRE(waits);
    CHECK(waits->empty());
    const auto targets = world.document("targets", 3);
    CHECK(key_of_stable(targets) != old_key);
    CHECK(targets.find("delegations")->find("keys")->find(old_key) == nullptr);
    CHECK(world.is_read("before"));
    CHECK(world.is_read("after"));
    CHECK(world.problems().empty());
    world.release(*world.publisher, "1.1.0", "stable");  // by the new key
    CHECK(world.is_read("before"));
    CHECK(world.publisher->rotate_channel("agent", "beta").error().code() == ErrorCode::not_found);
}

TEST_CASE("of a role with several keys the one that is named goes, and the others stay") {
    repository::InitWish wish;
    wish.root = {3, 2};
    Repository world{wish};
    const auto before = world.root_keys(1);
    REQUIRE(before.size() == 3);
    const auto state = world.publisher->rotate(trust::TopRole::root, before[1]);
    INFO((state ? std::string{} : state.error().message()));
    REQUIRE(state);
    CHECK(state->published == 2);
    const auto after = world.root_keys(2);
    REQUIRE(after.size() == 3);
    CHECK(after[0] == before[0]);
    CHECK(after[1] != before[1]);
    CHECK(after[2] == before[2]);
    CHECK(world.refresh());
    const auto unknown = world.publisher->rotate(trust::TopRole::root, before[1]);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message().find("has no key " + before[1]) != std::string::npos);
    CHECK(world.publisher->root_state()->staged == 0);
}
