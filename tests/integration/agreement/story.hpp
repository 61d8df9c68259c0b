// One story, told by the simulator and played by real programs, and how it ended in each.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "sim/scenario.hpp"
#include "support/endpoint.hpp"

namespace update::test {

/// What happens beside the scenario itself, when the update has just come to a state.
struct Blow {
    enum class Kind : std::uint8_t { kill, cancel } kind = Kind::kill;
    State state;
    Endpoint::Who worker = Endpoint::Who::agent;  ///< who works in that state
    Endpoint::Who victim = Endpoint::Who::agent;  ///< who is killed then
};

struct Story {
    std::string scenario;  ///< the simulator's name for it
    std::string version;   ///< the real program, as "agent-1.1"
    std::optional<Blow> blow = {};
    Overrides settings = {};
};
std::string describe(const Story&);

struct Ended {
    std::string ending, reason, route;
    std::string runs;  ///< the agent: old, new, or nothing
    bool operator==(const Ended&) const = default;
};

/// The real programs first: the simulator plays under the settings that they ran with.
struct Played {
    Ended ended;
    Settings settings;
};
Played played(Server&, const Story&);
Ended simulated(const Story&, const Settings&);

}  // namespace update::test
