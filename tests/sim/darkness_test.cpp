// What counts as time without an agent.
#include "sim/darkness.hpp"

#include <doctest/doctest.h>

using namespace update;
using namespace update::sim;
using namespace std::chrono_literals;

namespace {

Instant at(std::chrono::seconds time) { return Instant{} + time; }

}  // namespace

TEST_CASE("an agent that ends before it is ready does not end the darkness") {
    Darkness darkness;
    darkness.agent_ready(at(0s));
    darkness.agent_ended(at(10s));
    darkness.agent_ended(at(15s));  // another start came to nothing
    darkness.agent_ended(at(30s));
    CHECK(darkness.lasted(at(40s)) == 30s);
    darkness.agent_ready(at(50s));
    CHECK(darkness.worst() == 40s);
    CHECK(darkness.lasted(at(60s)) == 0s);
}

TEST_CASE("a power cut within a darkness takes nothing off it, and the time without power is none of it") {
    Darkness darkness;
    darkness.agent_ready(at(0s));
    darkness.agent_ended(at(10s));
    darkness.agent_ended(at(20s));  // the power goes
    darkness.pass_over(100s);
    darkness.agent_ready(at(125s));
    CHECK(darkness.worst() == 15s);
}

TEST_CASE("the time in which an administrator holds the agent is left out") {
    Darkness darkness;
    darkness.agent_ready(at(0s));
    darkness.agent_ended(at(10s));
    darkness.excuse(true, at(12s));
    CHECK(darkness.lasted(at(500s)) == 2s);
    darkness.excuse(false, at(1000s));
    darkness.agent_ready(at(1003s));
    CHECK(darkness.worst() == 5s);
}
