// Two units that live and die apart; hangs; the watchdog's own renewal.
#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;

namespace {

const Overrides by_watchdog{{"routes", R"(["watchdog"])"}};
const Overrides quick_restart{{"service.restart_delay", R"("100ms")"}};
const std::string agent = "agent.service", watchdog = "agent-watchdog.service";

void await_other_process(const ServiceEndpoint& service, const std::string& unit, const std::string& before) {
    await(
        unit + " runs as another process", 20s,
        [&] {
            const std::string now = service.main_pid(unit);
            return now != "0" && now != before && service.runs(unit);
        },
        [&] { return service.logs(); });
}

void freeze(const ServiceEndpoint& service, const std::string& unit) {
    service.machine.systemctl({"kill", "--kill-who=main", "--signal=STOP", unit});
}

/// The configuration allows 10 s at least, which a test need not wait for.
void shorten_life(const ServiceEndpoint& service) {
    for (const std::string& unit : {agent, watchdog})
        service.drop_in(unit, "90-life", "[Service]\nWatchdogSec=1\n");
}

}  // namespace

TEST_CASE("systemd: the watchdog is killed and started again, and the agent goes on as the same process") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"service.restart_delay", R"("100ms")"}}};
    service.install();
    const std::string agent_before = service.main_pid(agent), watchdog_before = service.main_pid(watchdog);
    service.machine.systemctl({"kill", "--kill-who=main", "--signal=KILL", watchdog});
    await_other_process(service, watchdog, watchdog_before);
    CHECK(service.main_pid(agent) == agent_before);
    service.check_committed(service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1")),
                            Route::watchdog);
}

TEST_CASE("systemd: the watchdog is stopped, and the agent goes on") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.install();
    const std::string before = service.main_pid(agent);
    service.machine.systemctl({"stop", watchdog});
    CHECK(service.main_pid(agent) == before);
    CHECK(service.runs(agent));
}

TEST_CASE(
    "systemd: a further service that died is started again, and one that an administrator stopped is not") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.machine.write_unit(
        "neighbour.service",
        "[Service]\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n");
    service.install();
    service.machine.systemctl({"enable", "--now", "neighbour.service"});
    const Output typo = service.updatectl({"config", "set", "--services", "neighbor"});
    CHECK(typo.exit != 0);
    CHECK_MESSAGE(typo.text.find("not installed") != std::string::npos, typo.text);
    const Output set = service.updatectl({"config", "set", "--interval", "5", "--services", "neighbour"});
    REQUIRE_MESSAGE(set.exit == 0, set.text);
    const std::string before = service.main_pid("neighbour.service");
    service.machine.systemctl({"kill", "--signal=KILL", "neighbour.service"});
    await_other_process(service, "neighbour.service", before);
    service.machine.systemctl({"stop", "neighbour.service"});
    for (const char* seconds : {"6", "7"})  // makes it look; the second answer comes after the first look
        CHECK(service.updatectl({"config", "set", "--interval", seconds}).exit == 0);
    CHECK(service.main_pid("neighbour.service") == "0");
}

TEST_CASE("systemd: an agent that shows no life for WatchdogSec= is restarted") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    Overrides settings = quick_restart;
    settings["watchdog_path"] = R"("")";
    ServiceEndpoint service{server, settings};
    shorten_life(service);
    service.install();
    const std::string before = service.main_pid(agent);
    freeze(service, agent);
    await_other_process(service, agent, before);
    service.endpoint.await_session_of("1.0.0");
}

TEST_CASE("systemd: a watchdog that shows no life for WatchdogSec= is restarted, and the agent goes on") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, quick_restart};
    shorten_life(service);
    service.install();
    const std::string before = service.main_pid(watchdog), agent_before = service.main_pid(agent);
    freeze(service, watchdog);
    await_other_process(service, watchdog, before);
    CHECK(service.main_pid(agent) == agent_before);
}

TEST_CASE("systemd: signs of life come in time while nothing happens") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, quick_restart};
    shorten_life(service);
    service.install();
    const std::string before = service.main_pid(agent), watchdog_before = service.main_pid(watchdog);
    const auto since = std::chrono::steady_clock::now();
    await("three periods pass", 20s, [&] { return std::chrono::steady_clock::now() - since > 3s; });
    CHECK(service.main_pid(agent) == before);
    CHECK(service.main_pid(watchdog) == watchdog_before);
}

TEST_CASE("systemd: agent and watchdog are updated as one set, the watchdog within its own unit") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    const Outcome end = service.endpoint.end_of(
        service.endpoint.offer("1.1.0", {agent_item("agent-1.1"), watchdog_item("watchdog-1.1")}));
    service.check_committed(end, Route::watchdog);
    CHECK(service.endpoint.watchdog_version() == "1.1.0");
    CHECK(service.runs(watchdog));
    CHECK(service.machine.property(watchdog, "NRestarts") == "0");
    CHECK(service.machine.systemctl({"list-units", "--all", "--no-legend", "*helper*"}) == "");
}

TEST_CASE("systemd: a new watchdog that crashes takes the whole set back, and the old watchdog's unit runs") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    Item bad = watchdog_item("watchdog-1.2-crashes");
    bad.self_test = false;
    const Outcome end =
        service.endpoint.end_of(service.endpoint.offer("1.1.0", {agent_item("agent-1.1"), bad}));
    CAPTURE(service.logs());
    CAPTURE(to_json(end));
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::watchdog_failed);
    service.endpoint.await_session_of("1.0.0");
    CHECK(service.endpoint.installed("bin/watchdog") == read_file(built_version("watchdog-1.0")));
    await(
        "the old watchdog answers", 20s, [&] { return service.endpoint.watchdog_version() == "1.0.0"; },
        [&] { return service.logs(); });
    CHECK(service.runs(watchdog));
}

TEST_CASE("systemd: a program that ignores SIGTERM is killed after its stop_timeout, and updated") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    const auto script = [](const std::string& version) {
        return "#!/bin/sh\n# " + version +
               "\ntrap '' TERM\nwhile :; do read nothing < /dev/zero || :; done\n";
    };
    service.endpoint.install("bin/stubborn", script("1"), 0755);
    write_file(service.endpoint.folder() / "stubborn.2", script("2"));
    write_file(
        service.endpoint.config(),
        "product = \"stubborn\"\ninstall_root = \"" + service.endpoint.install_root().string() +
            "\"\nstate_dir = \"" + service.endpoint.state_dir().string() +
            "\"\n[[programs]]\nname = \"stubborn\"\npath = \"bin/stubborn\"\nstop_timeout = \"500ms\"\n"
            "[service]\nmanager = \"systemd\"\n[trial.probe]\nkind = \"process-age\"\nage = "
            "\"200ms\"\n[trust]\nmode = \"unsigned\"\n");
    const Output installed = service.updatectl({"service", "install"});
    REQUIRE_MESSAGE(installed.exit == 0, installed.text);
    service.drop_in("stubborn.service", "99-slow", "[Service]\nTimeoutStopSec=60\n");
    await(
        "it runs", 20s, [&] { return service.runs("stubborn.service"); }, [&] { return service.logs(); });
    const std::string before = service.main_pid("stubborn.service");
    const Output applied =
        service.updatectl({"apply", "--version", "2", "--from", "1", "--artifact",
                           "agent:bin/stubborn=" + (service.endpoint.folder() / "stubborn.2").string()});
    CHECK_MESSAGE(applied.exit == 0, applied.text << service.logs());
    CHECK(service.endpoint.installed("bin/stubborn") == script("2"));
    CHECK(service.main_pid("stubborn.service") != before);
}
