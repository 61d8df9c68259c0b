#include <doctest/doctest.h>
#include <map>

#include "flow/cancelling.hpp"
#include "flow/decide.hpp"
#include "flow/turn_back.hpp"
#include "toy_world.hpp"

using namespace update;
using toy::Faults;

namespace {

struct Exploration {
    long runs = 0;
    std::array<bool, state_count> visited{};
    std::map<State, long> ends;
    std::string text() const {
        std::string out = std::to_string(runs) + " runs:";
        for (const auto& [state, n] : ends)
            out += " " + std::string{row(state).name} + "=" + std::to_string(n);
        return out;
    }
};

Exploration explore(const Faults& faults, unsigned starts_max = 3) {
    Exploration found;
    EveryChoice choose;
    while (choose.next()) {
        toy::World world{choose, faults, starts_max};
        ++found.ends[world.run()];
        ++found.runs;
        for (std::size_t s = 0; s < state_count; ++s) found.visited[s] = found.visited[s] || world.visited[s];
    }
    return found;
}

}  // namespace

TEST_CASE("decide is total, and a terminal state reacts to nothing") {
    for (std::size_t s = 0; s < state_count; ++s)
        for (std::size_t e = 0; e < static_cast<std::size_t>(Event::count); ++e)
            for (const int times : {0, 1, 5, 254, 255}) {
                const auto count = static_cast<std::uint8_t>(times);
                const Progress now{static_cast<State>(s), count, count, count, count};
                const Decision d = decide(now, static_cast<Event>(e), 3);
                CHECK(d.next.state < State::count);
                if (is_terminal(now.state)) CHECK_FALSE(d.moved);
                if (!d.moved) CHECK(d.next == now);
            }
}

TEST_CASE("every state that works reacts to success, failure and a crash") {
    for (const Row& here : rows()) {
        if (is_terminal(here.state)) continue;
        for (const Event event : {Event::succeeded, Event::failed, Event::resumed})
            CHECK(decide({here.state, 0, 0, 0, 0}, event, 3).moved);
    }
}

TEST_CASE("a start that says nothing of the new version is given back, a bounded number of times") {
    Progress now{State::awaiting_ready, 0, 0, 1, 0};
    unsigned starts = 1;
    for (bool given_up = false; !given_up && starts < 100; ++starts) {
        if (const auto excused = excuse_start(now)) now = *excused;
        now = decide(now, Event::exited, 3).next;
        given_up = now.state == State::stopping_trial;
        now.state = given_up ? now.state : State::awaiting_ready;
    }
    CHECK(starts == 3 + excused_max + 1);
    CHECK_FALSE(excuse_start({State::awaiting_ready, 0, 0, 0, 0}));
}

TEST_CASE("every state can be found by its name, and names are unique") {
    for (const Row& here : rows()) CHECK(state_named(here.name) == here.state);
    CHECK_FALSE(state_named("no-such-state"));
}

TEST_CASE("every run of outcomes, failures and crashes ends, and keeps the promise at every step") {
    struct Budget {
        int crashes, failures;
    };
    std::array<bool, state_count> visited{};
    for (const auto [crashes, failures] : {Budget{0, 0}, {1, 0}, {0, 1}, {1, 1}, {2, 0}, {0, 2}, {2, 1}}) {
        const Exploration found = explore({crashes, failures, {}, {}});
        MESSAGE("crashes<=" << crashes << " failures<=" << failures << ": " << found.text());
        for (std::size_t s = 0; s < state_count; ++s) visited[s] = visited[s] || found.visited[s];
    }
    for (const Row& here : rows()) {
        CAPTURE(here.name);
        if (here.state != State::salvaging && here.state != State::needs_repair)
            CHECK(visited[static_cast<std::size_t>(here.state)]);
    }
}

TEST_CASE("an effect that fails for ever still ends") {
    long runs = 0;
    for (int e = 0; e < static_cast<int>(Effect::close); ++e)
        runs += explore({1, 0, static_cast<Effect>(e), {}}).runs;
    MESSAGE(runs << " runs");
}

TEST_CASE("a step that crashes every time still ends") {
    long runs = 0;
    for (int e = 0; e < static_cast<int>(Effect::close); ++e) {
        if (static_cast<Effect>(e) == Effect::exit_for_restart)
            continue;  // leaving the process is its purpose
        runs += explore({0, 1, {}, static_cast<Effect>(e)}).runs;
    }
    MESSAGE(runs << " runs");
}

TEST_CASE("the new version gets exactly starts_max starts") {
    for (const unsigned starts_max : {1u, 2u, 3u, 7u}) {
        Progress p{State::swapping, 0, 0, 0, 0};
        p = decide(p, Event::succeeded, starts_max).next;
        unsigned starts = 0;
        while (p.state == State::starting) {
            ++starts;
            p = decide(decide(p, Event::succeeded, starts_max).next, Event::exited, starts_max).next;
        }
        CHECK(starts == starts_max);
        CHECK(p.state == State::stopping_trial);
    }
}

TEST_CASE("an update that cannot be journaled turns back while the old version is untouched") {
    CHECK(without_journal(State::self_swapping, Event::refused) == State::discarding);
    CHECK(without_journal(State::swapping, Event::succeeded) == State::restarting_old);
    for (const Row& here : rows()) {
        CAPTURE(here.name);
        const bool untouched = !is_after_hand_over(here.state) && here.give_up == State::discarding;
        if (untouched) CHECK(without_journal(here.state, Event::succeeded) == State::discarding);
        if (is_terminal(here.state)) CHECK(without_journal(here.state, Event::succeeded) == here.state);
    }
}

TEST_CASE("an update without its plan is discarded before the hand-over and salvaged after it") {
    CHECK(without_plan(State::downloading) == State::discarding);
    CHECK(without_plan(State::swapping) == State::salvaging);
    CHECK(without_plan(State::committed) == State::committed);
}

TEST_CASE("a wish to cancel may yet be heard up to the trial's end, and nowhere later nor on the way back") {
    std::string heard, waits, never;
    for (const Row& here : rows()) {
        std::string& list = accepts_cancel(here.state)         ? heard
                            : may_yet_be_cancelled(here.state) ? waits
                                                               : never;
        list += std::string{here.name} + " ";
    }
    CHECK(heard ==
          "preflighting downloading staging self-testing backing-up handing-over verifying awaiting-ready "
          "awaiting-ack ");
    CHECK(waits == "self-swapping exiting stopping swapping starting ");
    CHECK(never ==
          "renewing-watchdog cleaning-up stopping-trial restoring restarting-old watching-old salvaging "
          "discarding committed rolled-back abandoned needs-repair ");
}

TEST_CASE("an update goes forward until it turns back") {
    for (const Row& here : rows()) {
        const bool back = here.state >= State::stopping_trial && here.state != State::committed;
        CHECK_MESSAGE(goes_forward(here.state) != back, here.name);
    }
}
