// A real process that dies while it holds the journal's lock.
#include "lock_holder.hpp"
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
    REQUIRE(world.as(Actor::agent, [&](Engine& e) { return e.resume(Entry::fresh_process); }));
    world.point = [&](std::string_view) {
        if (world.record()) throw Crash{};
    };
    CHECK_THROWS_AS((void)world.begin(), Crash);
    world.point = [](std::string_view) {};
    LockHolder holder{world.layout.journal_lock()};
    CHECK(world.resume(Actor::watchdog, Entry::after_crash) == Halt::busy);
    CHECK(code(world.begin()) == ErrorCode::retry_later);
    holder.kill();
    CHECK(fs::exists(world.layout.journal_lock()));  // the file stays and means nothing
    world.run_to_the_end();
    world.check_end("after the lock's holder died");
    CHECK(world.state() == State::committed);
}
