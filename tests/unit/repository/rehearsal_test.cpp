// What is rehearsed looks done to who rehearses, and to nobody else.
#include "repository/rehearsal.hpp"

#include "durable/durable.hpp"
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("what is written, renamed and removed in a rehearsal is seen there, and not on disk") {
    World world;
    repository::RehearsedFiles files{*world.disk};
    const Path kept = world.file("kept", "kept"), gone = world.file("gone", "gone");
    const Path folder = world.folder.path() / "made", file = folder / "file";
    REQUIRE(files.make(folder));
    REQUIRE(write_durably(files, file, "new"));
    REQUIRE(write_durably(files, kept, "changed"));
    REQUIRE(files.remove(gone));
    CHECK(*read_text(files, file, 100) == "new");
    CHECK(*read_text(files, kept, 100) == "changed");
    CHECK(read_text(files, gone, 100).error().code() == ErrorCode::not_found);
    CHECK(*files.list(folder) == std::vector<std::string>{"file"});
    CHECK(*files.list(world.folder.path()) == std::vector<std::string>{"kept", "made"});
    CHECK(files.info(folder)->kind == FileInfo::Kind::directory);
    CHECK(files.open(kept, OpenMode::create_new).error().code() == ErrorCode::refused);
    CHECK(files.open(gone, OpenMode::read_write).error().code() == ErrorCode::not_found);
    CHECK(files.written() == std::vector{kept, file});
    CHECK(files.removed() == std::vector{gone});
    CHECK_FALSE(std::filesystem::exists(folder));
    CHECK(*read_text(*world.disk, kept, 100) == "kept");
    CHECK(*read_text(*world.disk, gone, 100) == "gone");
}

TEST_CASE("a rehearsal asks no signing command, as if its keys were elsewhere") {
    World world;
    REQUIRE(world.publisher()->init({}));
    const Path asked = world.folder.path() / "asked";
    const Path signer = world.file("signer", "#!/bin/sh\ntouch " + asked.string() + "\n");
    std::filesystem::permissions(signer, std::filesystem::perms::owner_all);
    const Path settings = world.home() / "settings.json";
    auto text = *read_text(*world.disk, settings, 100'000);
    for (auto at = text.find("\"file\": "); at != std::string::npos; at = text.find("\"file\": "))
        text.replace(at, text.find('\n', at) - at, "\"command\": [\"" + signer.generic_string() + "\"]");
    REQUIRE(write_durably(*world.disk, settings, text));
    repository::RehearsedFiles files{*world.disk};
    repository::RehearsedLocks locks{*world.locks, *world.disk};
    repository::RehearsedProcesses processes;
    auto publisher =
        repository::Publisher::open({files, files, locks, world.clock, world.crypto, world.smith, processes},
                                    world.home(), [] { return Result<std::string>{std::string{"words"}}; });
    REQUIRE(publisher);
    REQUIRE((*publisher)->add("agent", "1.0.0", {world.wish(world.file("agent", "program"))}));
    const auto waits = (*publisher)->publish({"agent", "1.0.0", "stable"});
    REQUIRE(waits);
    CHECK(waits->at(0).role == "targets");
    CHECK_FALSE(std::filesystem::exists(asked));
}
