// The process that works on an update is killed at every point where it may be: before and after each
// operation on a file, each stop, start and wait, with half of each write on the disk. Whoever comes next
// must bring the update to a good end.
#include <random>

#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

constexpr Route routes[] = {Route::watchdog, Route::self_update, Route::exit_code};

// Under the sanitizers, which slow this down tenfold, every seventh point from a printed first one; on
// Windows, which here is Wine and slower still, every sixty-first.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned stride = 7;
#elif defined(_WIN32)
constexpr unsigned stride = 61;
#else
constexpr unsigned stride = 1;
#endif

/// Lets the process die at the given points, counted from the beginning of the update.
void die_at(World& world, std::vector<unsigned> points) {
    world.point = [points = std::move(points), count = 0u, next = std::size_t{0}](std::string_view) mutable {
        if (next == points.size() || ++count < points[next]) return;
        ++next;
        throw Crash{};
    };
}

unsigned points_of(Route route, Behaviour behaviour) {
    World world{route, behaviour};
    unsigned count = 0;
    world.point = [&](std::string_view) { ++count; };
    world.run_to_the_end();
    world.check_end("no crash");
    return count;
}

State expected(Behaviour behaviour) {
    return behaviour == Behaviour::good ? State::committed : State::rolled_back;
}

}  // namespace

TEST_CASE("a good version is committed and a bad one rolled back, by each route") {
    for (const Route route : routes)
        for (const Behaviour behaviour : every_behaviour) {
            World world{route, behaviour};
            world.guard_there = route == Route::exit_code && behaviour == Behaviour::unloadable;
            world.run_to_the_end();
            const std::string context =
                std::string{update::name(route)} + ", " + std::string{name(behaviour)};
            world.check_end(context);
            CHECK_MESSAGE(row(world.state()).name == row(expected(behaviour)).name, context);
            CHECK_MESSAGE(world.outcome()->route == route, context);
            // Without a guard it takes a start of the new version to see that its starts are used up.
            const unsigned one_more = route == Route::exit_code && !world.guard_there ? 1 : 0;
            CHECK_MESSAGE(world.agent_starts_of_new <= world.settings.trial.starts_max + one_more, context);
        }
}

TEST_CASE("one crash at any point costs no good update and saves no bad one") {
    for (const Route route : routes)
        for (const Behaviour behaviour : every_behaviour) {
            if (route == Route::exit_code && behaviour == Behaviour::unloadable)
                continue;  // the guard's test
            const unsigned points = points_of(route, behaviour);
            const unsigned first = 1 + std::random_device{}() % stride;
            for (unsigned at = first; at <= points; at += stride) {
                World world{route, behaviour};
                die_at(world, {at});
                world.run_to_the_end();
                const std::string context = std::string{update::name(route)} + ", " +
                                            std::string{name(behaviour)} + ", killed at point " +
                                            std::to_string(at);
                world.check_end(context);
                REQUIRE_MESSAGE(world.state() == expected(behaviour),
                                context << ": " << row(world.state()).name << " " << world.record()->message);
            }
            MESSAGE(update::name(route), ", ", name(behaviour), ": killed at point ", first, " and each ",
                    stride, ". after it, of ", points);
        }
}

TEST_CASE("several crashes at random points leave no mixed set, no rest and no silent agent") {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::minstd_rand random{seed};
    std::array<unsigned, state_count> ends{};
    for (int n = 0; n < 400; ++n) {
        const Route route = routes[random() % 3];
        const Behaviour behaviour = every_behaviour[random() % 5];
        std::vector<unsigned> points;
        unsigned at = 0;
        for (auto crashes = 2 + random() % 4; crashes > 0; --crashes)
            points.push_back(at += 1 + static_cast<unsigned>(random() % 60));
        World world{route, behaviour};
        die_at(world, points);
        world.run_to_the_end();
        world.check_end("seed " + std::to_string(seed) + ", run " + std::to_string(n));
        REQUIRE(world.state() != State::needs_repair);
        ++ends[static_cast<std::size_t>(world.state())];
    }
    for (const Row& r : rows())
        if (const unsigned count = ends[static_cast<std::size_t>(r.state)]) MESSAGE(r.name, ": ", count);
}

TEST_CASE("a process that dies each time in one state is given up after the sixth, and an agent runs") {
    for (const Route route : routes)
        for (const Row& r : rows()) {
            if (is_terminal(r.state)) continue;
            for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits}) {
                World world{route, behaviour};
                unsigned deaths = 0;
                std::optional<std::uint8_t> counted;
                world.point = [&](std::string_view) {
                    const auto now = world.record();
                    if (!now || now->progress.state != r.state) return counted.reset();
                    // Whoever dies before it could count the last death is not this test's matter.
                    if (counted == now->progress.resumes) return;
                    counted = now->progress.resumes;
                    ++deaths;
                    throw Crash{};
                };
                world.run_to_the_end();
                const std::string context = std::string{update::name(route)} + ", dies in " +
                                            std::string{r.name} + ", " + std::string{name(behaviour)};
                if (deaths == 0) continue;  // this way does not lead through the state
                world.check_end(context);
                CHECK_MESSAGE(deaths <= resumes_max + 2u, context);
                MESSAGE(context, ": ", deaths, " deaths, then ", row(world.state()).name);
            }
        }
}

TEST_CASE("a guard counts the starts of a version that cannot even be loaded, and puts the old one back") {
    World world{Route::exit_code, Behaviour::unloadable};
    world.guard_there = true;
    world.run_to_the_end();
    world.check_end("guard");
    CHECK(world.state() == State::rolled_back);
    CHECK(world.agent_starts_of_new == world.settings.trial.starts_max);
    CHECK(world.outcome()->reason == Reason::crashed);
}

TEST_CASE("with a guard and an agent that watches itself each start is counted once") {
    for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits}) {
        World world{Route::exit_code, behaviour};
        world.guard_there = true;
        world.settings.trial.starts_max = behaviour == Behaviour::good ? 1 : 3;
        world.run_to_the_end();
        world.check_end(std::string{name(behaviour)});
        CHECK(world.state() == expected(behaviour));
        CHECK(world.agent_starts_of_new == world.settings.trial.starts_max);
    }
}
