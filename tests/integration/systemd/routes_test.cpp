// The three ways to a restart, where agent and watchdog are units of a real systemd.
#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("systemd: a good update by the watchdog route, watchdog and agent being two units") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"routes", R"(["watchdog"])"}}};
    service.install();
    CHECK(service.runs(service.watchdog_unit()));
    const std::string before = service.main_pid(service.agent_unit());
    const Outcome end = service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1"));
    service.check_committed(end, Route::watchdog);
    CHECK(service.main_pid(service.agent_unit()) != before);
}
