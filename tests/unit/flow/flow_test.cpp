#include <doctest/doctest.h>

#include "flow/decide.hpp"

using namespace update;

TEST_CASE("decide is total, and a terminal state reacts to nothing") {
    for (std::size_t s = 0; s < state_count; ++s)
        for (std::size_t e = 0; e < static_cast<std::size_t>(Event::count); ++e) {
            const Progress now{static_cast<State>(s), 0, 0, 0, 0};
            const Decision d = decide(now, static_cast<Event>(e), 3);
            CHECK(d.next.state < State::count);
            if (is_terminal(now.state)) CHECK_FALSE(d.moved);
        }
}
