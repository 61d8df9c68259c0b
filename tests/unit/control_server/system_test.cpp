// The files that the control server hands out and writes.
#include "system.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "support/temp_folder.hpp"

using namespace control;
namespace fs = std::filesystem;

namespace {

struct Published {
    Published() {
        fs::create_directory(root.path() / "targets");
        write("agent", "0123456789");
    }
    void write(const char* name, const std::string& text) const {
        std::ofstream{root.path() / "targets" / name, std::ios::binary} << text;
    }
    update::Result<OpenFile> open(const std::vector<std::string>& names) const {
        return OpenFile::open(root.path().string(), names);
    }
    static std::string read(const OpenFile& file, std::uint64_t at, std::size_t count) {
        std::string text(count, '\0');
        text.resize(file.read(at, text.data(), count));
        return text;
    }
    update::test::TempFolder root;
};

}  // namespace

TEST_CASE("a file is read from anywhere, and to its end") {
    const Published published;
    const auto file = published.open({"targets", "agent"});
    REQUIRE(file);
    CHECK(file->info().size_bytes == 10);
    CHECK(Published::read(*file, 0, 4) == "0123");
    CHECK(Published::read(*file, 8, 4) == "89");
    CHECK(Published::read(*file, 10, 4).empty());
}

TEST_CASE("what is absent, a folder, and a file in a folder's place are no files to hand out") {
    const Published published;
    CHECK_FALSE(published.open({"targets", "other"}));
    CHECK_FALSE(published.open({"other", "agent"}));
    CHECK_FALSE(published.open({"targets"}));
    CHECK_FALSE(published.open({"targets", "agent", "agent"}));
    CHECK_FALSE(published.open({"targets", "NUL"}));  // a device of Windows
}

TEST_CASE("no link is followed, of a file or of a folder") {
    const Published published;
    std::error_code none_here;
    fs::create_symlink(published.root.path() / "targets" / "agent",
                       published.root.path() / "targets" / "link", none_here);
    if (!none_here) fs::create_directory_symlink("targets", published.root.path() / "folder", none_here);
    if (none_here) {
        MESSAGE("skipped: no symbolic links here: ", none_here.message());
        return;
    }
    CHECK_FALSE(published.open({"targets", "link"}));
    CHECK_FALSE(published.open({"folder", "agent"}));
}

TEST_CASE("another file takes the place of one that is handed out, which stays the old one") {
    const Published published;
    const auto before = published.open({"targets", "agent"});
    REQUIRE(before);
    published.write("agent.new", "another one");
    const fs::path live = published.root.path() / "targets" / "agent";
    fs::rename(live, live.string() + ".old");
    fs::rename(live.string() + ".new", live);
    CHECK(Published::read(*before, 0, 10) == "0123456789");
    const auto after = published.open({"targets", "agent"});
    REQUIRE(after);
    CHECK(Published::read(*after, 0, 20) == "another one");
    CHECK((after->info().size_bytes != before->info().size_bytes ||
           after->info().inode != before->info().inode));
}

TEST_CASE("a file is written anew in the place of one that is there, and bytes stay what they are") {
    const Published published;
    const fs::path file = published.root.path() / "key.pem";
    REQUIRE(write_file(file.string(), Readers::owner, "first\n"));
    REQUIRE(write_file(file.string(), Readers::owner, "second\n"));
    std::ifstream in{file, std::ios::binary};
    CHECK(std::string{std::istreambuf_iterator<char>{in}, {}} == "second\n");
#if !defined(_WIN32)  // where its readers are those of its folder
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
#endif
    CHECK_FALSE(fs::exists(file.string() + ".new"));
    CHECK_FALSE(write_file((published.root.path() / "absent" / "key.pem").string(), Readers::owner, ""));
}
