#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>

#include "journal/outcome_of.hpp"
#include "sim/world.hpp"
#include "story.hpp"

namespace update::test {
namespace {

using namespace sim;

/// The built-in scenario under the settings of the real endpoint, whose watchdog supervises on every route.
Scenario scenario_of(const Story& story, const Settings& real) {
    const auto all = scenarios(Platform::linux_rules);
    const auto found = std::ranges::find(all, story.scenario, &Scenario::name);
    REQUIRE_MESSAGE(found != all.end(), story.scenario);
    Scenario scenario = *found;
    Settings& settings = scenario.settings;
    settings.trial = real.trial;
    settings.supervision = real.supervision;
    settings.policy = real.policy;
    settings.routes = real.routes;
    settings.restarted_on_failure = real.restarted_on_failure;
    scenario.keeper = Keeper::watchdog;
    scenario.guard = false;
    return scenario;
}

struct Told {
    Ended ended;
    unsigned fired;
    std::vector<std::string> trail;
};

Told tell(const Scenario& scenario, const Faults& faults) {
    World world{scenario, Platform::linux_rules, 1, faults, true};
    world.run();
    CAPTURE(scenario.name);
    REQUIRE_MESSAGE(!world.ghost.violation(), world.ghost.violation()->what);
    REQUIRE(world.ghost.last);
    const Outcome outcome = outcome_of(*world.ghost.last);
    const sim::Process* const agent = world.running("agent");
    const std::string runs = agent == nullptr ? "nothing" : agent->version == old_version ? "old" : "new";
    return {{std::string{name(outcome.ending)}, std::string{name(outcome.reason)},
             std::string{name(outcome.route)}, runs},
            world.struck,
            std::move(world.trail)};
}

/// The port call that follows the first entry into this state.
std::uint32_t first_point_in(State state, const std::vector<std::string>& trail) {
    const std::string word = "-> " + std::string{row(state).name};
    const auto line =
        std::ranges::find_if(trail, [&](const std::string& one) { return one.ends_with(word); });
    REQUIRE_MESSAGE(line != trail.end(), "the simulated update never is " << row(state).name);
    return 1 + static_cast<std::uint32_t>(std::strtoul(line->c_str() + line->find('#') + 1, nullptr, 10));
}

FaultKind fault_of(const Blow& blow) {
    if (blow.kind == Blow::Kind::cancel) return FaultKind::cancelled;
    if (blow.victim == blow.worker) return FaultKind::crash;
    return blow.victim == Endpoint::Who::agent ? FaultKind::crash_agent : FaultKind::crash_watchdog;
}

}  // namespace

Ended simulated(const Story& story, const Settings& real) {
    const Scenario scenario = scenario_of(story, real);
    Told told = tell(scenario, {});
    if (!story.blow) return told.ended;
    const Fault blow{first_point_in(story.blow->state, told.trail), fault_of(*story.blow), 0};
    told = tell(scenario, {blow});
    REQUIRE(told.fired == 1);
    return told.ended;
}

}  // namespace update::test
