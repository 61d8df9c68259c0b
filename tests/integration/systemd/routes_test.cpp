// The three ways to a restart, where agent and watchdog are units of a real systemd.
#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;

namespace {

const Overrides by_watchdog{{"routes", R"(["watchdog"])"}};
const Overrides alone{{"watchdog_path", R"("")"}};
Overrides alone_by(const std::string& route) {
    return {{"watchdog_path", R"("")"},
            {"routes", R"([")" + route + R"("])"},
            {"service.restart_delay", R"("100ms")"}};
}

void check_good_update(ServiceEndpoint& service, Route by) {
    const std::string before = service.main_pid(service.agent_unit());
    service.check_committed(service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1")), by);
    CHECK(service.main_pid(service.agent_unit()) != before);
    CHECK(service.machine.property(service.agent_unit(), "Result") == "success");
    CHECK(service.machine.systemctl({"list-units", "--all", "--no-legend", "*helper*"}) == "");
    // The guard is a second name of the version that proved itself.
    await(
        "the guard is the new version, and nothing else is left", 15s,
        [&] {
            return service.endpoint.installed("bin/.guard-agent") == read_file(built_version("agent-1.1"));
        },
        [&] { return service.logs(); });
    CHECK(service.endpoint.leftovers({"bin/.guard-agent"}).empty());
}

}  // namespace

TEST_CASE("systemd: a good update by the watchdog route, watchdog and agent being two units") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    service.await_watchdog();
    check_good_update(service, Route::watchdog);
}

TEST_CASE(
    "systemd: a good update by a helper, which outlives the stop of its service with "
    "KillMode=control-group") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, alone_by("self-update")};
    service.drop_in(service.agent_unit(), "kill", "[Service]\nKillMode=control-group\n");
    service.install();
    check_good_update(service, Route::self_update);
}

TEST_CASE("systemd: a good update by the exit code, which systemd takes for a failure and restarts") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, alone_by("exit-code")};
    service.drop_in(service.agent_unit(), "restart", "[Service]\nRestart=on-failure\n");
    service.install();
    check_good_update(service, Route::exit_code);
    CHECK(service.machine.log().find("agent: ends with 1") != std::string::npos);
    CHECK(service.machine.property(service.agent_unit(), "NRestarts") == "1");
}

TEST_CASE("systemd: without a watchdog the routes fall through to a helper") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, alone};
    service.install();
    check_good_update(service, Route::self_update);
}

TEST_CASE("systemd: a helper that is killed while it has the agent stopped is started again, and goes on") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, alone_by("self-update")};
    service.install();
    service.drop_in(service.agent_unit(), "slow", "[Service]\nExecStop=/bin/sleep 2\n");
    const std::string id = service.endpoint.offer_agent("1.1.0", "agent-1.1");
    service.endpoint.await_state(State::stopping);
    service.machine.systemctl({"kill", "--signal=KILL", "agent-helper-*"});
    service.check_committed(service.endpoint.end_of(id), Route::self_update);
    service.endpoint.await_session_of("1.1.0");
}

TEST_CASE(
    "systemd: the exit 0 trap: on-failure leaves a program down that ends with 0, as the incident's agents "
    "did") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.machine.write_unit(
        "trap.service", "[Service]\nExecStart=/bin/sh -c 'exit 0'\nRestart=on-failure\nRestartSec=0\n");
    service.machine.write_unit(
        "clear.service", "[Service]\nExecStart=/bin/sh -c 'exit 1'\nRestart=on-failure\nRestartSec=0\n");
    service.machine.systemctl({"daemon-reload"});
    service.machine.systemctl({"start", "--no-block", "trap", "clear"});
    await("the one that fails is started again", 15s,
          [&] { return service.machine.property("clear", "NRestarts") != "0"; });
    CHECK(service.machine.property("trap", "NRestarts") == "0");
    CHECK(service.machine.property("trap", "ActiveState") == "inactive");
}
