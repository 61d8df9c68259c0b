#include <limits>
#include <sys/statvfs.h>

#include "os/files.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a path that does not exist yet is measured at its nearest parent") {
    Scratch scratch;
    const auto volumes = make_volumes();
    const auto here = volumes->space(scratch.path());
    const auto below = volumes->space(scratch / "not/yet/there");
    REQUIRE(here.has_value());
    REQUIRE(below.has_value());
    CHECK(here->volume == below->volume);
    CHECK(here->free_bytes > 0);
}

TEST_CASE("two volumes are told apart, and the free space is what can be written") {
    if (skipped_without_root("mounting a second volume needs it")) return;
    Scratch scratch;
    Mount mount{scratch / "disk", "size=1m"};
    const auto volumes = make_volumes();
    const auto disk = volumes->space(scratch / "disk/file");
    REQUIRE(disk.has_value());
    CHECK(disk->volume != volumes->space(scratch.path())->volume);
    CHECK(disk->free_bytes == 1 << 20);
    put(scratch / "disk/file", std::string(512 << 10, 'x'));
    CHECK(volumes->space(scratch / "disk")->free_bytes == 512 << 10);
}

TEST_CASE("a volume without a limit of its own is not a full one") {
    if (skipped_without_root("mounting a volume without limit needs it")) return;
    Scratch scratch;
    Mount mount{scratch / "disk", "size=0"};
    CHECK(make_volumes()->space(scratch / "disk")->free_bytes == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a relative path and a path below a file are refused") {
    Scratch scratch;
    put(scratch / "file", "");
    CHECK(code(make_volumes()->space("relative")) == ErrorCode::refused);
    CHECK(code(make_volumes()->space(scratch / "file/x")) == ErrorCode::refused);
}
