// A user without rights renames, writes and links as fast as he can below a folder that is his to write to,
// while root makes its private folders and files there (security rules R1, R2, R3). He wins when something
// outside changes, or when a folder that is not root's alone is taken for private.
#include <atomic>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "durable/durable.hpp"
#include "os/files.hpp"
#include "support/process.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t nobody = 65534;
constexpr unsigned attempts = 30'000;

int exchange(const fs::path& a, const fs::path& b) {
    return static_cast<int>(
        ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE));
}

/// The attacker: everything that turns one name into another thing.
[[noreturn]] void attack(const fs::path& arena, const fs::path& victim, std::atomic<std::uint64_t>& moves) {
    if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of user, which would clear it
    const fs::path target = arena / "stage", mine = arena / "mine", aside = arena / "aside",
                   link = arena / "link";
    (void)::mkdir(mine.c_str(), 0777);
    (void)::symlink(victim.c_str(), link.c_str());
    for (;;) {
        (void)::mkdir(target.c_str(), 0700);
        (void)::link((victim / "file").c_str(), (mine / "file").c_str());
        (void)::symlink((victim / "file").c_str(), (mine / ".file.tmp").c_str());
        (void)exchange(mine, target);
        (void)exchange(link, target);
        (void)::rename(target.c_str(), aside.c_str());
        (void)::symlink(victim.c_str(), target.c_str());
        (void)::unlink(target.c_str());
        (void)::rename(aside.c_str(), target.c_str());
        (void)::rmdir(target.c_str());
        (void)::mkdir(mine.c_str(), 0777);
        (void)::symlink(victim.c_str(), link.c_str());
        moves.fetch_add(12, std::memory_order_relaxed);
    }
}

struct Arena {
    explicit Arena(mode_t mode) {
        ::chmod(scratch.path().c_str(), 0711);
        fs::create_directory(victim);
        fs::create_directory(arena);
        ::chmod(victim.c_str(), 0755);
        ::chmod(arena.c_str(), mode);
        write_file(victim / "file", "untouched");
        void* shared = ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        moves = new (shared) std::atomic<std::uint64_t>{0};
        attacker = ::fork();
        if (attacker == 0) attack(arena, victim, *moves);
    }
    ~Arena() {
        ::kill(attacker, SIGKILL);
        ::waitpid(attacker, nullptr, 0);
    }
    bool untouched() const {
        return read_file(victim / "file") == "untouched" &&
               std::distance(fs::directory_iterator{victim}, fs::directory_iterator{}) == 1 &&
               (fs::status(victim).permissions() & fs::perms::all) == static_cast<fs::perms>(0755);
    }

    /// In memory: flushes cost nothing there, so that the attempts come quickly.
    static Scratch in_memory() {
        ::setenv("TMPDIR", "/dev/shm", 1);
        return Scratch{"update-attack"};
    }

    Scratch scratch = in_memory();
    const fs::path victim = scratch.path() / "victim", arena = scratch.path() / "arena";
    std::atomic<std::uint64_t>* moves = nullptr;
    pid_t attacker = -1;
};

/// What an update does with its private folders, again and again.
void race(mode_t mode, const std::string& what) {
    if (::geteuid() != 0) {
        MESSAGE("skipped: the attacker needs another account than ours, and we are not root");
        return;
    }
    Arena arena{mode};
    const auto files = make_files();
    const fs::path stage = arena.arena / "stage";
    unsigned made = 0, written = 0, refused = 0, fooled = 0;
    for (unsigned n = 0; n < attempts; ++n) {
        if (files->make_private_directory(stage)) {
            ++made;
            written += write_durably(*files, stage / "file", "ours").has_value();
        } else {
            ++refused;
        }
        (void)files->open(stage / "file", OpenMode::read_write);
        (void)remove_tree(*files, stage);
        if (n % 100 == 0) fooled += !arena.untouched();
    }
    fooled += !arena.untouched();
    MESSAGE(fmt::format(
        "{}: {} attempts against {} moves of the attacker: {} folders made, {} files written, {} times "
        "refused; {} successes of the attacker",
        what, attempts, arena.moves->load(), made, written, refused, fooled));
    CHECK(fooled == 0);
    CHECK(refused > 0);  // he was there
    CHECK(arena.moves->load() > attempts);
    CHECK(made > attempts / 100);  // and so were we
}

}  // namespace

TEST_CASE(
    "an attacker in a folder that everybody may write to changes nothing outside it, in 30,000 attempts") {
    race(0777, "open folder");
}

TEST_CASE(
    "an attacker in a folder with the sticky bit, as /tmp, changes nothing outside it, in 30,000 attempts") {
    race(01777, "sticky folder");
}
