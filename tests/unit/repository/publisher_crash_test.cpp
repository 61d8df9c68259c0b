// The publisher on the real disk, where every change may be the last thing that the process did.
#include "unit/engine/faulty_files.hpp"
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

namespace {

/// Into folders that are there already, with the rights that they have.
void copy_into(const Path& folder, const Path& from) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{from}) {
        const Path to = folder / std::filesystem::relative(entry.path(), from);
        if (entry.is_directory())
            std::filesystem::create_directories(to);
        else
            std::filesystem::copy_file(entry.path(), to);
    }
}

}  // namespace

TEST_CASE("a publisher that dies at any change leaves a tree that is whole, and goes on afterwards") {
    struct Crash {};
    unsigned crashes = 0;
    World world;
    REQUIRE(world.publisher()->init({}));
    world.release(*world.publisher(), "1.0.0", "stable");
    REQUIRE(world.refresh());
    const auto after = std::filesystem::path{world.folder.path() / "before"};
    std::filesystem::copy(world.home(), after, std::filesystem::copy_options::recursive);
    for (unsigned at = 0;; ++at) {
        std::filesystem::remove_all(world.home());
        for (const Path& folder : {world.home(), world.home() / "keys", world.home() / "drafts"})
            REQUIRE(world.disk->make_private_directory(folder));
        copy_into(world.home(), after);
        Finger finger;
        FaultyFiles files{finger};
        unsigned left = at;
        finger.before = [&](std::string_view, const Path&) -> Status {
            if (left-- == 0) throw Crash{};
            return done();
        };
        bool finished = false;
        try {
            auto publisher = world.publisher(&files);
            Status status = publisher->add("agent", "1.1.0", {world.wish(world.file("agent", "new"))});
            if (status && publisher->publish({"agent", "1.1.0", "beta", 1, {}, RestartKind::agent, {}}))
                (void)publisher->rotate(trust::TopRole::timestamp);
            finished = true;
        } catch (const Crash&) {
            ++crashes;
        }
        INFO("crash at change " << at);
        const auto store = "store-" + std::to_string(at);
        const auto seen = world.refresh(store);
        INFO((seen ? std::string{} : seen.error().message()));
        CHECK(seen);
        CHECK(world.problems().empty());
        auto publisher = world.publisher();
        REQUIRE(publisher->add("agent", "1.1.0", {world.wish(world.file("agent", "new"))}));
        const auto again = publisher->publish({"agent", "1.1.0", "beta", 1, {}, RestartKind::agent, {}});
        INFO((again ? std::string{} : again.error().message()));
        REQUIRE(again);
        CHECK(again->empty());
        CHECK(world.refresh(store));
        if (finished) break;
    }
    CHECK(crashes > 30);
}
