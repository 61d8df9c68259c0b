// No operation follows a symbolic link, whichever component it is.
#include <functional>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "os/files.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Best {
    static constexpr auto walk = FolderWalk::best;
};
struct OneByOne {
    static constexpr auto walk = FolderWalk::one_by_one;
};
namespace fs = std::filesystem;

/// scratch/a/b/f, and beside each folder a link to it.
struct Tree {
    Scratch scratch;
    Tree() {
        fs::create_directories(scratch / "a/b/empty");
        put(scratch / "a/b/f", "content");
        fs::create_directory_symlink(scratch / "a", scratch / "link_to_a");
        fs::create_directory_symlink(scratch / "a/b", scratch / "a/link_to_b");
    }
};

using Operation = std::function<Status(Files&, const Path& folder)>;
template <class T>
Status outcome(Result<T> result) {
    if (!result) return std::move(result).error();
    return done();
}

const std::vector<std::pair<const char*, Operation>> operations{
    {"open", [](Files& f, const Path& p) { return outcome(f.open(p / "f", OpenMode::read)); }},
    {"create", [](Files& f, const Path& p) { return outcome(f.open(p / "new", OpenMode::create_new)); }},
    {"rename from", [](Files& f, const Path& p) { return f.rename(p / "f", p.parent_path() / "g"); }},
    {"rename to", [](Files& f, const Path& p) { return f.rename(p.parent_path() / "absent", p / "f"); }},
    {"link", [](Files& f, const Path& p) { return f.link(p / "f", p / "g"); }},
    {"remove", [](Files& f, const Path& p) { return f.remove(p / "f"); }},
    {"make private folder", [](Files& f, const Path& p) { return f.make_private_directory(p / "new"); }},
    {"flush folder", [](Files& f, const Path& p) { return f.flush_directory(p / "empty"); }},
    {"list", [](Files& f, const Path& p) { return outcome(f.list(p / "empty")); }},
    {"info", [](Files& f, const Path& p) { return outcome(f.info(p / "f")); }},
};

/// Runs `check` in a child in which openat2 answers `error`. @return the child's exit code.
template <class Check>
int where_openat2_answers(int error, Check check) {
    const auto child = ::fork();
    if (child != 0) {
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }
    ::sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(::seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    ::sock_fprog program{std::size(code), code};
    const bool active = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
    ::_exit(active ? check() : 100);
}

}  // namespace

TEST_CASE_TEMPLATE("every operation refuses a link among the folders above the name", Way, Best, OneByOne) {
    Tree tree;
    const auto files = make_files(Way::walk);
    for (const auto* folder : {"link_to_a/b", "a/link_to_b"}) {
        for (const auto& entry : operations) {
            const auto& name = entry.first;
            CAPTURE(folder);
            CAPTURE(name);
            CHECK(code(entry.second(*files, tree.scratch / folder)) == ErrorCode::refused);
        }
    }
    CHECK(get(tree.scratch / "a/b/f") == "content");
}

TEST_CASE_TEMPLATE("every operation works where no link is in the way", Way, Best, OneByOne) {
    const auto files = make_files(Way::walk);
    for (const auto& entry : operations) {
        const auto& name = entry.first;
        Tree tree;
        put(tree.scratch / "a/absent", "now present");
        CAPTURE(name);
        CHECK(entry.second(*files, tree.scratch / "a/b").has_value());
    }
}

TEST_CASE("a link in place of the file itself is refused and never written through") {
    Scratch scratch;
    put(scratch / "target", "content");
    fs::create_symlink(scratch / "target", scratch / "link");
    fs::create_symlink(scratch / "absent", scratch / "dangling");
    const auto files = make_files();
    for (const auto mode :
         {OpenMode::read, OpenMode::read_write, OpenMode::read_write_new, OpenMode::create_new}) {
        CHECK(code(files->open(scratch / "link", mode)) == ErrorCode::refused);
        CHECK(code(files->open(scratch / "dangling", mode)) == ErrorCode::refused);
    }
    CHECK_FALSE(fs::exists(scratch / "absent"));
    CHECK(get(scratch / "target") == "content");
}

TEST_CASE("a link is neither renamed, nor replaced, nor given a second name") {
    Scratch scratch;
    put(scratch / "target", "content");
    fs::create_symlink(scratch / "target", scratch / "link");
    const auto files = make_files();
    CHECK(code(files->rename(scratch / "link", scratch / "x")) == ErrorCode::refused);
    CHECK(code(files->rename(scratch / "target", scratch / "link")) == ErrorCode::refused);
    CHECK(code(files->link(scratch / "link", scratch / "x")) == ErrorCode::refused);
    CHECK(fs::is_symlink(scratch / "link"));
}

TEST_CASE("removing a link removes the link and not its target") {
    Scratch scratch;
    fs::create_directory(scratch / "target");
    fs::create_directory_symlink(scratch / "target", scratch / "link");
    CHECK(make_files()->remove(scratch / "link").has_value());
    CHECK_FALSE(fs::is_symlink(scratch / "link"));
    CHECK(fs::exists(scratch / "target"));
}

TEST_CASE("a link in place of a folder is refused as a folder") {
    Scratch scratch;
    fs::create_directory(scratch / "target");
    ::chmod((scratch / "target").c_str(), 0700);
    fs::create_directory_symlink(scratch / "target", scratch / "link");
    const auto files = make_files();
    CHECK(code(files->list(scratch / "link")) == ErrorCode::refused);
    CHECK(code(files->flush_directory(scratch / "link")) == ErrorCode::refused);
    CHECK(code(files->make_private_directory(scratch / "link")) == ErrorCode::refused);
}

TEST_CASE("info tells a link as a link") {
    Scratch scratch;
    fs::create_symlink("anything", scratch / "link");
    const auto info = make_files()->info(scratch / "link");
    REQUIRE(info.has_value());
    CHECK(info->kind == FileInfo::Kind::link);
}

TEST_CASE("a link is still refused where the kernel or a sandbox does not know openat2") {
    Tree tree;
    for (const int error : {ENOSYS, EPERM}) {
        const int result = where_openat2_answers(error, [&] {
            const auto files = make_files(FolderWalk::best);
            const auto direct = files->open(tree.scratch / "a/b/f", OpenMode::read);
            const auto through_link = files->open(tree.scratch / "link_to_a/b/f", OpenMode::read);
            if (!direct) return 1;
            return !through_link && through_link.error().code() == ErrorCode::refused ? 0 : 2;
        });
        CHECK(result == 0);
    }
}

TEST_CASE("paths that are relative or climb are refused") {
    const auto files = make_files();
    CHECK(code(files->info("relative")) == ErrorCode::refused);
    CHECK(code(files->info("/usr/../usr")) == ErrorCode::refused);
    CHECK(code(files->info("")) == ErrorCode::refused);
}

TEST_CASE_TEMPLATE("the root, trailing slashes and dots name what they name", Way, Best, OneByOne) {
    const auto files = make_files(Way::walk);
    const auto usr = files->info("/usr");
    REQUIRE(usr.has_value());
    for (const auto* name : {"/usr/", "//usr", "/./usr/."}) {
        const auto same = files->info(name);
        REQUIRE(same.has_value());
        CHECK(same->id == usr->id);
    }
    CHECK(files->list("/").has_value());
}
