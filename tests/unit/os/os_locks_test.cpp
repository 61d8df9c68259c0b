// A lock is held by a living process and by nothing else.
#include "os/locks.hpp"
#include "os/processes.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

namespace {

bool another_process_gets(const Path& file) {
    const auto ran =
        make_processes()->run({OS_TEST_HELPER, {"try-lock", file.string()}, std::chrono::seconds{20}});
    REQUIRE(ran.has_value());
    return ran->exit == ExitStatus{};
}

}  // namespace

TEST_CASE("a lock that another process holds names that process, and is free when it was killed") {
    Scratch scratch;
    const auto file = scratch / "lock";
    Helper holder{{"lock", file.string()}};
    REQUIRE(holder.line() == "locked");
    const auto locks = make_locks();
    const auto refused = locks->try_lock(file);
    CHECK(code(refused) == ErrorCode::retry_later);
    CHECK(refused.error().evidence().locking_pid == holder.pid());
    holder.kill_alone();
    CHECK(locks->try_lock(file).has_value());
}

TEST_CASE("a forked child does not keep the lock of its killed parent") {
    Scratch scratch;
    Helper holder{{"lock-and-fork", (scratch / "lock").string()}};
    const auto child = std::stol(holder.line());
    const auto group = holder.pid();
    CHECK(code(make_locks()->try_lock(scratch / "lock")) == ErrorCode::retry_later);
    holder.kill_alone();
    CHECK(make_locks()->try_lock(scratch / "lock").has_value());
    CHECK(::kill(static_cast<::pid_t>(child), 0) == 0);
    ::kill(-group, SIGKILL);
}

TEST_CASE("a lock is held until it is given back") {
    Scratch scratch;
    {
        const auto lock = make_locks()->try_lock(scratch / "lock");
        REQUIRE(lock.has_value());
        CHECK_FALSE(another_process_gets(scratch / "lock"));
    }
    CHECK(another_process_gets(scratch / "lock"));
}

TEST_CASE("a second try in the same process fails and does not lose the first lock") {
    Scratch scratch;
    const auto lock = make_locks()->try_lock(scratch / "lock");
    REQUIRE(lock.has_value());
    std::filesystem::create_hard_link(scratch / "lock", scratch / "second name");
    for (const auto* name : {"lock", "second name"}) {
        const auto second = make_locks()->try_lock(scratch / name);
        CHECK(code(second) == ErrorCode::retry_later);
        CHECK(second.error().evidence().locking_pid == ::getpid());
    }
    CHECK_FALSE(another_process_gets(scratch / "lock"));
}

TEST_CASE("a forked child sees the lock as its parent's") {
    Scratch scratch;
    const auto lock = make_locks()->try_lock(scratch / "lock");
    REQUIRE(lock.has_value());
    const auto parent = ::getpid();
    const auto child = ::fork();
    if (child == 0) {
        const auto second = make_locks()->try_lock(scratch / "lock");
        ::_exit(!second && second.error().evidence().locking_pid == parent ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("a file that a dead process left behind locks nothing") {
    Scratch scratch;
    put(scratch / "lock", "4711\n");
    CHECK(make_locks()->try_lock(scratch / "lock").has_value());
    CHECK(get(scratch / "lock") == "4711\n");
}

TEST_CASE("a lock file is created closed to others") {
    Scratch scratch;
    const auto lock = make_locks()->try_lock(scratch / "lock");
    struct ::stat status {};
    REQUIRE(::stat((scratch / "lock").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("links, pipes and absent folders are no lock files") {
    Scratch scratch;
    put(scratch / "target", "");
    std::filesystem::create_symlink(scratch / "target", scratch / "link");
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    const auto locks = make_locks();
    CHECK(code(locks->try_lock(scratch / "link")) == ErrorCode::refused);
    CHECK(code(locks->try_lock(scratch / "pipe")) == ErrorCode::refused);
    CHECK(code(locks->try_lock(scratch / "absent/lock")) == ErrorCode::not_found);
}
