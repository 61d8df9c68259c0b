#include "service/scm_state.hpp"

#include <doctest/doctest.h>

using namespace update;

namespace {

ScmState stopped(std::uint32_t error, std::uint32_t specific = 0) {
    return {ScmPhase::stopped, 0, error, specific, StartType::automatic};
}

}  // namespace

TEST_CASE("a service that was told to stop is held, unless it was us") {
    CHECK(is_held(stopped(0), ScmStop::by_others));
    CHECK_FALSE(is_held(stopped(0), ScmStop::by_us));
}

TEST_CASE("an agent whose restart somebody has taken over is not held") {
    CHECK_FALSE(is_held(stopped(0, ended_unasked), ScmStop::by_others));
}

TEST_CASE("failures, kills and a fresh boot hold nobody") {
    CHECK_FALSE(is_held(stopped(1066, 1), ScmStop::by_others));
    CHECK_FALSE(is_held(stopped(1067), ScmStop::by_others));
    CHECK_FALSE(is_held(stopped(1077), ScmStop::by_others));
}

TEST_CASE("a disabled service is held, also while it still runs and when we stopped it") {
    ScmState state = stopped(1067);
    state.start = StartType::disabled;
    CHECK(is_held(state, ScmStop::by_us));
    state.phase = ScmPhase::running;
    CHECK(is_held(state, ScmStop::by_others));
}

TEST_CASE("a service that runs, or is about to, is up; one that is ending is neither up nor down") {
    ScmState state;
    for (const ScmPhase phase : {ScmPhase::starting, ScmPhase::running, ScmPhase::paused}) {
        state.phase = phase;
        CHECK(is_up(state));
        CHECK_FALSE(is_down(state));
        CHECK_FALSE(is_held(state, ScmStop::by_others));
    }
    state.phase = ScmPhase::stopping;
    CHECK_FALSE(is_up(state));
    CHECK_FALSE(is_down(state));
}

TEST_CASE("how the last run ended is told as a program would") {
    CHECK(last_exit(stopped(0)) == ExitStatus{false, 0});
    CHECK(last_exit(stopped(1066, 1)) == ExitStatus{false, 1});
    CHECK(last_exit(stopped(1067)) == ExitStatus{true, 0});
    CHECK(last_exit(stopped(1053)) == ExitStatus{false, 1053});
    CHECK_FALSE(last_exit(stopped(1077)));
    ScmState running;
    running.phase = ScmPhase::running;
    CHECK_FALSE(last_exit(running));
}

TEST_CASE("an end that nobody asked for is a failure, with 0 too, and a stop is told from a hand-over") {
    CHECK(scm_exit(1, ServiceEnd::unasked) == ScmExit{1066, 1});
    CHECK(scm_exit(0, ServiceEnd::unasked) == ScmExit{1066, ended_unasked});
    CHECK(scm_exit(0, ServiceEnd::taken_over) == ScmExit{0, ended_unasked});
    CHECK(scm_exit(0, ServiceEnd::asked) == ScmExit{0, 0});
    CHECK(scm_exit(1, ServiceEnd::asked) == ScmExit{0, 0});
    const ScmExit handed_over = scm_exit(0, ServiceEnd::taken_over);
    CHECK(last_exit(stopped(handed_over.error, handed_over.specific)) == ExitStatus{false, 0});
    for (const int code : {0, 1, 2}) {
        const ScmExit unasked = scm_exit(code, ServiceEnd::unasked),
                      asked = scm_exit(code, ServiceEnd::asked);
        CHECK_FALSE(is_held(stopped(unasked.error, unasked.specific), ScmStop::by_others));
        CHECK(is_held(stopped(asked.error, asked.specific), ScmStop::by_others));
        CHECK(last_exit(stopped(unasked.error, unasked.specific)) == ExitStatus{false, code});
    }
}
