// A process is its number and its start time, and it lives or it does not.
#include <sys/prctl.h>

#include "os/process_id.hpp"
#include "os/processes.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("this process is alive") {
    const auto processes = make_processes();
    CHECK(processes->self().pid == ::getpid());
    CHECK(processes->self().start_ticks > 0);
    CHECK(processes->alive(processes->self()));
}

TEST_CASE("a process with the same number and another start time is another process") {
    auto other = make_processes()->self();
    other.start_ticks += 1;
    CHECK_FALSE(is_alive(other));
}

TEST_CASE("a process that ended is not alive before it was collected, nor after") {
    const auto child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const auto id = identify(child);
    REQUIRE(id.has_value());
    CHECK(is_alive(*id));
    ::kill(child, SIGKILL);
    ::siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<::id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    CHECK(identify(child)->start_ticks == id->start_ticks);  // a zombie still has its number
    CHECK_FALSE(is_alive(*id));
    ::waitpid(child, nullptr, 0);
    CHECK_FALSE(is_alive(*id));
    CHECK(code(identify(child)) == ErrorCode::not_found);
}

TEST_CASE("a process name with spaces and parentheses does not confuse its start time") {
    const auto before = make_processes()->self();
    char name[16] = {};
    ::prctl(PR_GET_NAME, name);
    ::prctl(PR_SET_NAME, "x) Z 1 (2 3");
    const auto during = make_processes()->self();
    const bool alive = is_alive(before);
    ::prctl(PR_SET_NAME, name);
    CHECK(during == before);
    CHECK(alive);
}

TEST_CASE("numbers that no process can have are not found") {
    for (const long pid : {0L, -1L, 1L << 40}) {
        CHECK(code(identify(pid)) == ErrorCode::not_found);
        CHECK_FALSE(is_alive({pid, 1}));
    }
}

TEST_CASE("a process that the system hides counts as alive") {
    if (skipped_without_root("mounting a folder over /proc/PID needs it")) return;
    Scratch scratch;
    const auto id = make_processes()->self();
    Mount hidden{"/proc/" + std::to_string(id.pid), "size=4k"};
    CHECK(code(identify(id.pid)) == ErrorCode::permission);
    CHECK(is_alive(id));
}
