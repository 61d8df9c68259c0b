// Bad versions, where nobody but systemd and the guard is there to count their starts.
#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;

namespace {

const Overrides by_exit_code{
    {"watchdog_path", R"("")"}, {"routes", R"(["exit-code"])"}, {"service.restart_delay", R"("100ms")"}};

Outcome end_of_bad(ServiceEndpoint& service, const std::string& name, const std::string& version = "1.2.0") {
    return service.endpoint.end_of(
        service.endpoint.offer(version, {{.source = built_version(name), .self_test = false}}));
}

}  // namespace

TEST_CASE(
    "systemd: a version that crashes at its start is rolled back by the guard that systemd calls before "
    "starts") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_exit_code};
    service.install();
    service.check_rolled_back(end_of_bad(service, "agent-1.2-crashes"), Reason::crashed);
}

TEST_CASE("systemd: a version that cannot be loaded is rolled back, though not a line of it ran") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_exit_code};
    service.install();
    service.check_rolled_back(end_of_bad(service, "agent-1.2-unloadable"), Reason::crashed);
}

TEST_CASE("systemd: a version that ends with 0 is rolled back by the guard, too") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_exit_code};
    service.install();
    service.check_rolled_back(end_of_bad(service, "agent-1.2-exits-0"), Reason::crashed);
}

TEST_CASE("systemd: a version that hangs before it is ready is ended by systemd, and rolled back") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_exit_code};
    service.install();
    service.drop_in(service.agent_unit(), "start", "[Service]\nTimeoutStartSec=1\n");
    service.check_rolled_back(end_of_bad(service, "agent-1.2-hangs"), Reason::crashed);
}

TEST_CASE(
    "systemd: where a start limit ends the attempts before the guard does, OnFailure= puts the old version "
    "back") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_exit_code};
    service.install();
    const std::string id = service.endpoint.offer(
        "1.2.0", {{.source = built_version("agent-1.2-unloadable"), .self_test = false}});
    service.endpoint.await_state(State::awaiting_ready);
    service.drop_in(service.agent_unit(), "zz-limit",
                    "[Unit]\nStartLimitIntervalSec=300\nStartLimitBurst=1\n");
    service.check_rolled_back(service.endpoint.end_of(id), Reason::crashed);
    CHECK(service.machine.property("agent-rescue.service", "ExecMainStartTimestampMonotonic") != "0");
}

TEST_CASE("systemd: a version that cannot be loaded is rolled back by the watchdog") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"routes", R"(["watchdog"])"}}};
    service.install();
    service.check_rolled_back(end_of_bad(service, "agent-1.2-unloadable"), Reason::crashed);
}

TEST_CASE("systemd: a version that crashes is rolled back by the helper") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"watchdog_path", R"("")"}, {"routes", R"(["self-update"])"}}};
    service.install();
    service.check_rolled_back(end_of_bad(service, "agent-1.2-crashes"), Reason::crashed);
}
