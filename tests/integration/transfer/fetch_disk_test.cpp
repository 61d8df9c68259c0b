// The same downloads onto the disk of this machine.
#include "endpoint.hpp"
#include "os/files.hpp"
#include "support/temp_folder.hpp"

namespace update {

using namespace test;

namespace {

struct DiskEndpoint : Endpoint {
    TempFolder folder;

    DiskEndpoint() {
        layout = Layout{folder.path() / "state", folder.path() / "root"};
        const auto disk = make_files();
        for (const auto& place : {layout.partial(update_id, 0).parent_path().parent_path(),
                                  layout.partial(update_id, 0).parent_path()}) {
            std::filesystem::create_directories(place.parent_path());
            REQUIRE(disk->make_private_directory(place).has_value());
        }
    }
    /// Each call is a new process: what an earlier one knows is what it left on the disk.
    Result<Fetched> fetch_to_disk() {
        CurlHttp http{settings};
        const auto disk = make_files();
        return update::fetch({artifact, 0, update_id, layout, settings},
                             {http, *disk, hashing, clock, channel, random});
    }
    Bytes on_disk() const {
        const auto disk = make_files();
        const auto opened = disk->open(layout.partial(update_id, 0), OpenMode::read);
        if (!opened) return {};
        Bytes bytes(size + 1);
        const auto got = (*opened)->read(0, bytes);
        REQUIRE(got.has_value());
        bytes.resize(*got);
        return bytes;
    }
};

}  // namespace

TEST_CASE("what an ended process left on the disk is kept, and only the rest is sent") {
    DiskEndpoint here;
    here.settings.attempts = 1;
    here.script({here.cut_after(1'234'567), here.good()});
    check_code(here.fetch_to_disk(), ErrorCode::retry_later);
    CHECK(here.on_disk().size() == 1'234'567);
    const auto fetched = here.fetch_to_disk();
    REQUIRE(fetched.has_value());
    CHECK(here.range_of(1) == "bytes=1234567-");
    CHECK(fetched->network_bytes == size - 1'234'567);
    CHECK(here.on_disk() == here.file);
}

TEST_CASE("what an ended process left of another file is replaced from its beginning") {
    DiskEndpoint here;
    here.settings.attempts = 1;
    auto old = Endpoint::with(random_bytes(size, 1));
    old.cut_after = 500'000;
    auto changed = here.good();
    changed.etag = "\"v2\"";
    here.script({old, changed});
    check_code(here.fetch_to_disk(), ErrorCode::retry_later);
    REQUIRE(here.fetch_to_disk().has_value());
    CHECK(here.on_disk() == here.file);
}

TEST_CASE("wrong bytes do not stay on the disk") {
    DiskEndpoint here;
    here.script({Endpoint::with(random_bytes(size, 1))});
    check_code(here.fetch_to_disk(), ErrorCode::corrupt);
    CHECK(here.on_disk().empty());
}

}  // namespace update
