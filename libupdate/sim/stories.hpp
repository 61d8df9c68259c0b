// What the built-in stories and those of given settings are made of.
#pragma once
#include "sim/scenario.hpp"

namespace update::sim {

inline constexpr std::size_t conduct_count = 10;

/// By this route alone. "watchdog-good" is the usual name.
Scenario story(const Settings&, Route, Conduct, std::string name);
std::string named(Route, Conduct);
Plan plan_for(const Settings&, bool with_watchdog, bool with_file);
/// Without any fault.
Ending expected(Conduct);
/// What the publisher signed, on two mirrors.
void publish(std::vector<Scenario>&);

}  // namespace update::sim
