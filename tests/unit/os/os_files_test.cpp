// Names on disk: what each operation does and which reaction each error asks for.
#include "os/files.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

TEST_CASE("a created file is empty, ours and closed to others") {
    Scratch scratch;
    const auto file = make_files()->open(scratch / "new", OpenMode::create_new);
    REQUIRE(file.has_value());
    const auto info = (*file)->info();
    REQUIRE(info.has_value());
    CHECK(info->size_bytes == 0);
    CHECK(info->mode == 0600);
    CHECK(info->owner == ::geteuid());
}

TEST_CASE("create_new refuses a name that exists") {
    Scratch scratch;
    put(scratch / "old", "content");
    CHECK(code(make_files()->open(scratch / "old", OpenMode::create_new)) == ErrorCode::refused);
    CHECK(get(scratch / "old") == "content");
}

TEST_CASE("read_write_new keeps the content of a file that exists") {
    Scratch scratch;
    put(scratch / "old", "content");
    CHECK(make_files()->open(scratch / "old", OpenMode::read_write_new).has_value());
    CHECK(get(scratch / "old") == "content");
}

TEST_CASE("absent names are not_found, and removing them is success") {
    Scratch scratch;
    const auto files = make_files();
    for (const auto* name : {"absent", "absent/deep"}) {
        CHECK(code(files->open(scratch / name, OpenMode::read)) == ErrorCode::not_found);
        CHECK(code(files->open(scratch / name, OpenMode::read_write)) == ErrorCode::not_found);
        CHECK(code(files->info(scratch / name)) == ErrorCode::not_found);
        CHECK(code(files->list(scratch / name)) == ErrorCode::not_found);
        CHECK(code(files->rename(scratch / name, scratch / "x")) == ErrorCode::not_found);
        CHECK(code(files->link(scratch / name, scratch / "x")) == ErrorCode::not_found);
        CHECK(files->remove(scratch / name).has_value());
    }
}

TEST_CASE("a file in place of a folder is refused") {
    Scratch scratch;
    put(scratch / "file", "content");
    const auto files = make_files();
    CHECK(code(files->open(scratch / "file/x", OpenMode::read)) == ErrorCode::refused);
    CHECK(code(files->list(scratch / "file")) == ErrorCode::refused);
    CHECK(code(files->make_private_directory(scratch / "file")) == ErrorCode::refused);
}

TEST_CASE("a pipe, a socket file or a folder is no file, and opening it does not wait") {
    Scratch scratch;
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    REQUIRE(::mknod((scratch / "socket").c_str(), S_IFSOCK | 0600, 0) == 0);
    fs::create_directory(scratch / "folder");
    const auto files = make_files();
    for (const auto* name : {"pipe", "socket", "folder"}) {
        CAPTURE(name);
        CHECK(code(files->open(scratch / name, OpenMode::read)) == ErrorCode::refused);
        CHECK(code(files->open(scratch / name, OpenMode::read_write)) == ErrorCode::refused);
    }
}

TEST_CASE("rename replaces a file and keeps its identity") {
    Scratch scratch;
    put(scratch / "new", "new content");
    put(scratch / "live", "old content");
    const auto files = make_files();
    const auto before = files->info(scratch / "new");
    REQUIRE(files->rename(scratch / "new", scratch / "live").has_value());
    CHECK(get(scratch / "live") == "new content");
    CHECK(files->info(scratch / "live")->id == before->id);
    CHECK_FALSE(fs::exists(scratch / "new"));
}

TEST_CASE("a running program can be renamed over but not opened for writing") {
    Scratch scratch;
    fs::copy_file(OS_TEST_HELPER, scratch / "program");
    Helper running{{"lock", (scratch / "lock").string()}, scratch / "program"};
    REQUIRE(running.line() == "locked");
    const auto files = make_files();
    CHECK(code(files->open(scratch / "program", OpenMode::read_write)) == ErrorCode::retry_later);
    put(scratch / "new", "new content");
    CHECK(files->rename(scratch / "new", scratch / "program").has_value());
}

TEST_CASE("a hard link is a second name of the same file") {
    Scratch scratch;
    put(scratch / "file", "content");
    const auto files = make_files();
    REQUIRE(files->link(scratch / "file", scratch / "second").has_value());
    const auto info = files->info(scratch / "second");
    CHECK(info->id == files->info(scratch / "file")->id);
    CHECK(info->link_count == 2);
}

TEST_CASE("a hard link over an existing name and one of a folder are refused") {
    Scratch scratch;
    put(scratch / "file", "content");
    put(scratch / "other", "other");
    fs::create_directory(scratch / "folder");
    const auto files = make_files();
    CHECK(code(files->link(scratch / "file", scratch / "other")) == ErrorCode::refused);
    CHECK(code(files->link(scratch / "folder", scratch / "x")) == ErrorCode::refused);
    CHECK(get(scratch / "other") == "other");
}

TEST_CASE("a file that may not be linked asks for a copy instead") {
    if (skipped_without_root("a hard link to a foreign file needs one")) return;
    if (get("/proc/sys/fs/protected_hardlinks") != "1\n") {
        std::printf("SKIPPED: fs.protected_hardlinks is off\n");
        return;
    }
    Scratch scratch;
    REQUIRE(::chmod(scratch.path().c_str(), 0777) == 0);
    put(scratch / "file", "content", 0600);
    const AsNobody other_user;
    CHECK(code(make_files()->link(scratch / "file", scratch / "second")) == ErrorCode::unsupported);
}

TEST_CASE("remove takes files and empty folders and refuses full ones") {
    Scratch scratch;
    put(scratch / "file", "content");
    fs::create_directory(scratch / "empty");
    fs::create_directories(scratch / "full/inner");
    const auto files = make_files();
    CHECK(files->remove(scratch / "file").has_value());
    CHECK(files->remove(scratch / "empty").has_value());
    CHECK(code(files->remove(scratch / "full")) == ErrorCode::refused);
    CHECK(files->list(scratch.path()).value() == std::vector<std::string>{"full"});
}

TEST_CASE("list gives names in order") {
    Scratch scratch;
    for (const auto* name : {"b", "c", "a", ".hidden"}) put(scratch / name, "");
    CHECK(make_files()->list(scratch.path()).value() == std::vector<std::string>{".hidden", "a", "b", "c"});
}

TEST_CASE("flushing a folder works") {
    Scratch scratch;
    CHECK(make_files()->flush_directory(scratch.path()).has_value());
}

TEST_CASE("a private folder is made with mode 0700, and making it again is success") {
    Scratch scratch;
    const auto files = make_files();
    REQUIRE(files->make_private_directory(scratch / "state").has_value());
    CHECK(files->info(scratch / "state")->mode == 0700);
    CHECK(files->make_private_directory(scratch / "state").has_value());
}

TEST_CASE("a folder that others may enter is not private, and the cure is named") {
    Scratch scratch;
    fs::create_directory(scratch / "open");
    for (const unsigned mode : {0755u, 0710u, 0701u, 0720u}) {
        REQUIRE(::chmod((scratch / "open").c_str(), mode) == 0);
        const auto result = make_files()->make_private_directory(scratch / "open");
        CHECK(code(result) == ErrorCode::refused);
        CHECK(result.error().message().find("chmod 700 ") != std::string::npos);
    }
}

TEST_CASE("a folder of another user is not private") {
    Scratch scratch;
    Path foreign = "/usr";
    if (is_root()) {
        foreign = scratch / "foreign";
        fs::create_directory(foreign);
        REQUIRE(::chmod(foreign.c_str(), 0700) == 0);
        REQUIRE(::chown(foreign.c_str(), nobody, nobody) == 0);
    }
    const auto result = make_files()->make_private_directory(foreign);
    CHECK(code(result) == ErrorCode::refused);
    CHECK(result.error().message().find("belongs to user") != std::string::npos);
}

TEST_CASE("what the owner of a folder forbids is a matter of permission") {
    const AsNobody other_user;
    const auto files = make_files();
    CHECK(code(files->open("/usr/new", OpenMode::create_new)) == ErrorCode::permission);
    CHECK(code(files->remove("/usr/bin/env")) == ErrorCode::permission);
    CHECK(code(files->make_private_directory("/usr/new")) == ErrorCode::permission);
    CHECK(code(files->open("/usr/bin/env", OpenMode::read_write)) == ErrorCode::permission);
}

TEST_CASE("a read-only file system is a matter of permission") {
    if (skipped_without_root("mounting a read-only file system needs it")) return;
    Scratch scratch;
    Mount mount{scratch / "disk", "size=1m"};
    put(scratch / "disk/file", "content");
    mount.make_read_only();
    const auto files = make_files();
    const auto result = files->open(scratch / "disk/new", OpenMode::create_new);
    CHECK(code(result) == ErrorCode::permission);
    CHECK(result.error().os().value() == EROFS);
    CHECK(code(files->remove(scratch / "disk/file")) == ErrorCode::permission);
}

TEST_CASE("renaming and linking across volumes are unsupported") {
    if (skipped_without_root("mounting a second volume needs it")) return;
    Scratch scratch;
    Mount mount{scratch / "disk", "size=1m"};
    put(scratch / "file", "content");
    const auto files = make_files();
    CHECK(code(files->rename(scratch / "file", scratch / "disk/file")) == ErrorCode::unsupported);
    CHECK(code(files->link(scratch / "file", scratch / "disk/file")) == ErrorCode::unsupported);
}

TEST_CASE("a folder in use is to be tried later") {
    if (skipped_without_root("keeping a folder busy by a mount needs it")) return;
    Scratch scratch;
    Mount mount{scratch / "disk", "size=1m"};
    CHECK(code(make_files()->remove(scratch / "disk")) == ErrorCode::retry_later);
}
