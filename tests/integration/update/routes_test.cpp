// Every way to get the agent restarted, with real processes.
#include <doctest/doctest.h>

#include "support/endpoint.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a good update by the watchdog route") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["watchdog"])"}}};
    endpoint.start_watchdog();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1"));
    CHECK(end.ending == Ending::committed);
    CHECK(end.route == Route::watchdog);
    CHECK(endpoint.installed_version() == "1.1.0");
    CHECK(endpoint.leftovers() == std::vector<std::string>{});
}
