#include <fmt/format.h>
#include <set>

#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

namespace {

/// With a publisher that has begun.
struct Publication : World {
    std::unique_ptr<repository::Publisher> publisher = World::publisher();
    Publication() { REQUIRE(publisher->init({})); }
    Result<repository::Waits> publish(const std::string& product, const std::string& version,
                                      const std::string& channel) {
        return publisher->publish({product, version, channel, 1, {}, RestartKind::agent, {}});
    }
    /// Two products on two channels that read the same together: a-b-c.
    void publish_alike() {
        REQUIRE(publisher->add("a", "1.0.0", {wish(file("one", "of a"))}));
        REQUIRE(publisher->add("a-b", "1.0.0", {wish(file("two", "of a-b"))}));
        REQUIRE(publish("a", "1.0.0", "b-c"));
        REQUIRE(publish("a-b", "1.0.0", "c"));
    }
};

/// What a client finds under each target that the release list names.
std::vector<std::string> contents(World& world, const ReleaseList& list) {
    FileHttp http{*world.disk};
    auto client = world.client(http, "reader");
    REQUIRE(client);
    REQUIRE((*client)->refresh());
    const Path into = world.folder.path() / "read";
    std::filesystem::create_directories(into);
    std::vector<std::string> found;
    for (const Release& release : list.releases)
        for (const ReleaseArtifact& artifact : release.artifacts) {
            const auto target = (*client)->find(artifact.target);
            INFO(artifact.target);
            REQUIRE(target);
            CHECK(target->hashes.at("sha256") == to_hex(artifact.sha256));
            const auto file = (*client)->download(artifact.target, *target, into);
            REQUIRE(file);
            std::ifstream in{*file, std::ios::binary};
            found.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
        }
    return found;
}

}  // namespace

TEST_CASE("two files of one name in a release are two targets, on every channel") {
    Publication world;
    const auto first = world.wish(world.file("one/settings.toml", "first"), "etc/one/settings.toml");
    const auto second = world.wish(world.file("two/settings.toml", "second"), "etc/two/settings.toml");
    REQUIRE(world.publisher->add("agent", "1.0.0", {first, second}));
    REQUIRE(world.publish("agent", "1.0.0", "beta"));
    CHECK(contents(world, *world.publisher->list("agent", "beta")) ==
          std::vector<std::string>{"first", "second"});
    REQUIRE(world.publisher->promote("agent", "1.0.0", "beta", "stable"));
    CHECK(contents(world, *world.publisher->list("agent", "stable")) ==
          std::vector<std::string>{"first", "second"});
    CHECK(world.problems().empty());
    // The same files once more are the same release.
    REQUIRE(world.publisher->add("agent", "1.0.0", {first, second}));
    CHECK(world.publish("agent", "1.0.0", "beta"));
    CHECK(world.publish("agent", "1.0.0", "stable"));
}

TEST_CASE("a version and a file name that read like another version's are two targets") {
    Publication world;
    REQUIRE(world.publisher->add("agent", "1.0.0", {world.wish(world.file("beta-agent", "of 1.0.0"))}));
    REQUIRE(world.publisher->add("agent", "1.0.0-beta", {world.wish(world.file("agent", "of 1.0.0-beta"))}));
    REQUIRE(world.publish("agent", "1.0.0-beta", "stable"));
    REQUIRE(world.publish("agent", "1.0.0", "stable"));
    CHECK(contents(world, *world.publisher->list("agent", "stable")) ==
          std::vector<std::string>{"of 1.0.0-beta", "of 1.0.0"});
    CHECK(world.problems().empty());
}

TEST_CASE("products and channels whose names read the same together have each their own role") {
    Publication world;
    world.publish_alike();
    CHECK(contents(world, *world.publisher->list("a", "b-c")) == std::vector<std::string>{"of a"});
    CHECK(contents(world, *world.publisher->list("a-b", "c")) == std::vector<std::string>{"of a-b"});
    CHECK(world.problems().empty());
}

TEST_CASE("promotion keeps the file's name whatever the product is called") {
    Publication world;
    REQUIRE(world.publisher->add("kit-1.0.0-x", "1.0.0", {world.wish(world.file("agent", "program"))}));
    REQUIRE(world.publish("kit-1.0.0-x", "1.0.0", "beta"));
    REQUIRE(world.publisher->promote("kit-1.0.0-x", "1.0.0", "beta", "stable"));
    const auto list = world.publisher->list("kit-1.0.0-x", "stable");
    CHECK(list->releases.at(0).artifacts.at(0).target == "kit-1.0.0-x/stable/linux-x86_64-1.0.0-agent");
    CHECK(contents(world, *list) == std::vector<std::string>{"program"});
}

TEST_CASE("what lies in the tree has the name that a web server makes of the URL") {
    Publication world;
    REQUIRE(world.publisher->add("c++", "1.0.0", {world.wish(world.file("a%20b", "program"))}));
    REQUIRE(world.publish("c++", "1.0.0", "stable"));
    CHECK(std::filesystem::exists(world.tree() / "metadata" / "1.c++-stable.json"));
    const auto list = world.publisher->list("c++", "stable");
    CHECK(list->releases.at(0).artifacts.at(0).target == "c++/stable/linux-x86_64-1.0.0-a_20b");
    CHECK(contents(world, *list) == std::vector<std::string>{"program"});
}

TEST_CASE("a bundle takes the roles along that its targets come from, whatever they are called") {
    Publication world;
    world.publish_alike();
    FileHttp http{*world.disk};
    const Path bundle = world.folder.path() / "bundle";
    REQUIRE(repository::export_bundle({http, *world.disk, world.clock, world.crypto}, *world.folders,
                                      world.tree(), "a-b", "c", bundle, world.folder.path() / "scratch"));
    CHECK(std::filesystem::exists(bundle / "metadata" / "1.a-b-c-2.json"));
    CHECK_FALSE(std::filesystem::exists(bundle / "metadata" / "1.a-b-c.json"));
}
