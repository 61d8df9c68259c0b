// The helper's route with the real service manager: a process that broke away from the service of the agent
// stops and starts it.
#include "windows/services/lonely.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a helper updates a service, and commits though it runs from the version that it removes") {
    Lonely endpoint{"offering_agent_1.1.exe", "self-update"};
    endpoint.start();
    const bool committed =
        endpoint.eventually([&] { return endpoint.version() == "1.1.0" && endpoint.ended(); });
    INFO(endpoint.log());
    REQUIRE(committed);
    CHECK(endpoint.outcome().find("committed") != std::string::npos);
    CHECK(endpoint.outcome().find("self-update") != std::string::npos);
    CHECK(endpoint.reaches(ScmPhase::running));
    // What it ran from stepped aside, and goes once it has ended.
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}

TEST_CASE("a helper takes a version back that ends at each start, and leaves nothing") {
    Lonely endpoint{"offering_agent_crashes.exe", "self-update"};
    endpoint.start();
    const bool ended = endpoint.eventually([&] { return endpoint.ended(); });
    INFO(endpoint.log());
    REQUIRE(ended);
    CHECK(endpoint.outcome().find("rolled") != std::string::npos);
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.version() == "1.0.0");
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}
