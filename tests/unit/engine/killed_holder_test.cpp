// A real process that dies while it holds the journal's lock. On Windows a lock goes with its handle, as
// tests/unit/os/windows shows.
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

ErrorCode code(const Result<Halt>& halt) {
    REQUIRE_FALSE(halt.has_value());
    return halt.error().code();
}

}  // namespace

TEST_CASE("the lock of a process that was killed hinders nobody") {
    World world{Route::watchdog};
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(world.as(Actor::agent, [&](Engine& e) { return e.resume(Entry::fresh_process); }));
    world.point = [&](std::string_view) {
        if (world.record()) throw Crash{};
    };
    CHECK_THROWS_AS((void)world.begin(), Crash);
    world.point = [](std::string_view) {};
    const ::pid_t child = ::fork();
    if (child == 0) {
        const auto held = make_locks()->try_lock(world.layout.journal_lock());
        const char answer = held ? '1' : '0';
        (void)!::write(ready[1], &answer, 1);
        for (;;) ::pause();
    }
    char answer = '?';
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == '1');
    CHECK(world.resume(Actor::watchdog, Entry::after_crash) == Halt::busy);
    CHECK(code(world.begin()) == ErrorCode::retry_later);
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK(fs::exists(world.layout.journal_lock()));  // the file stays and means nothing
    world.run_to_the_end();
    world.check_end("after the lock's holder died");
    CHECK(world.state() == State::committed);
    ::close(ready[0]);
    ::close(ready[1]);
}
