// The store on the real disk, where every change may be the last thing that the process did.
#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>

#include "durable/durable.hpp"
#include "support/temp_folder.hpp"
#include "unit/engine/faulty_files.hpp"
#include "unit/trust/client_world.hpp"

using namespace update;
using namespace update::test;
using trust::Trouble;

namespace {

struct Crash {};

struct World {
    TufRepository repository;
    SetClock clock;
    OpensslCryptography crypto;
    TempFolder folder;

    Status refresh(Files& files, bool establish = false) {
        const std::string base = TufRepository::base;
        trust::Client client{
            {repository, files, clock, crypto}, folder.path(), {base + "metadata", base + "targets"}, {}};
        if (establish) UPDATE_CHECK(client.establish(repository.first_root()), "establish");
        return client.refresh();
    }
};

}  // namespace

TEST_CASE("a process that dies at any change of the store leaves one that the next refresh goes on from") {
    unsigned crashes = 0;
    for (const bool rotated : {false, true}) {
        for (unsigned at = 0;; ++at) {
            World world;
            Finger finger;
            FaultyFiles files{finger};
            REQUIRE(world.refresh(files, true));
            world.repository.publish_all();
            if (rotated) world.repository.restart_with_new_keys();
            unsigned left = at;
            finger.before = [&left](std::string_view, const Path&) -> Status {
                if (left-- == 0) throw Crash{};
                return done();
            };
            bool finished = false;
            try {
                finished = bool{world.refresh(files)};
            } catch (const Crash&) {
                ++crashes;
            }
            finger.before = [](std::string_view, const Path&) { return done(); };
            const auto status = world.refresh(files);
            INFO("rotated " << rotated << ", crash at change " << at << ": "
                            << (status ? std::string{} : status.error().message()));
            CHECK(status);
            if (finished) break;
        }
    }
    CHECK(crashes > 30);
}

TEST_CASE("a full disk stops the refresh, and trust stays what it was") {
    World world;
    Finger finger;
    FaultyFiles files{finger};
    REQUIRE(world.refresh(files, true));
    world.repository.publish_all();
    finger.before = [](std::string_view operation, const Path&) -> Status {
        if (operation == "write") return Error{ErrorCode::no_space, "full"};
        return done();
    };
    const auto status = world.refresh(files);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == ErrorCode::no_space);
    finger.before = [](std::string_view, const Path&) { return done(); };
    CHECK(world.refresh(files));
}

TEST_CASE("a link in the place of a stored file is not followed: it goes, and what it names stays") {
    World world;
    Finger finger;
    FaultyFiles files{finger};
    REQUIRE(world.refresh(files, true));
    const auto stored = world.folder.path() / "timestamp.json", stranger = world.folder.path() / "stranger";
    std::filesystem::copy_file(stored, stranger);
    std::filesystem::remove(stored);
    std::error_code unlinked;
    std::filesystem::create_symlink(stranger, stored, unlinked);
    if (unlinked) {
        std::puts("SKIPPED under Wine: it makes no symbolic links");
        return;
    }
    const auto before = read_text(files, stranger, 100'000);
    world.repository.publish({"timestamp"});
    CHECK(world.refresh(files));
    CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(stored)));
    const auto after = read_text(files, stranger, 100'000);
    REQUIRE(before);
    REQUIRE(after);
    CHECK(*after == *before);
}
