// What an administrator stopped, disabled or masked stays so: before, during and after an update.
#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

const Overrides by_watchdog{{"routes", R"(["watchdog"])"}, {"trial.ack_timeout", R"("20s")"}};
const std::string agent = "agent.service";

void await_log(const ServiceEndpoint& service, const std::string& line) {
    await(
        "the log says: " + line, 20s, [&] { return service.machine.log().find(line) != std::string::npos; },
        [&] { return service.logs(); });
}

/// The watchdog looks at its programs; what it would start, it starts then.
void check_not_started(const ServiceEndpoint& service) {
    for (int looks = 0; looks < 3; ++looks) {
        const Output woken = service.updatectl({"config", "set", "--interval", "5"});
        CHECK_MESSAGE(woken.exit == 0, woken.text);
        CHECK(service.machine.property(agent, "ActiveState") == "inactive");
    }
}

/// A service that takes a moment to start, and a program that follows it as the watchdog does.
struct Probed {
    explicit Probed(const std::string& name) : scratch{name} {
        fs::copy_file(PROBE, probe);
        machine.boot();
        machine.write_unit("probed.service",
                           "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStartPre=/bin/sleep "
                           "0.02\nExecStart=/bin/sleep infinity\n"
                           "[Install]\nWantedBy=multi-user.target\n");
        machine.systemctl({"enable", "probed"});
    }
    const Scratch scratch;
    const fs::path probe = scratch.path() / "probe";
    const std::string state_dir = (scratch.path() / "state").string();
    Machine machine{scratch.path() / "machine", {scratch.path()}};
};

}  // namespace

TEST_CASE(
    "systemd: an agent that the administrator stopped is not started by the watchdog, until he starts it") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    service.machine.systemctl({"stop", agent});
    await_log(service, "agent was stopped by the administrator");
    check_not_started(service);
    service.machine.systemctl({"restart", service.watchdog_unit()});
    check_not_started(service);
    service.machine.systemctl({"start", agent});
    service.endpoint.await_session_of("1.0.0");
    service.check_committed(service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1")),
                            Route::watchdog);
}

TEST_CASE("systemd: an agent that ended by itself is started by the watchdog, whatever its exit code") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    service.drop_in(agent, "no", "[Service]\nRestart=no\n");
    for (const char* signal : {"--signal=KILL", "--signal=TERM"}) {  // the agent ends with 0 after the latter
        const std::string before = service.main_pid(agent);
        service.machine.systemctl({"kill", "--kill-who=main", signal, agent});
        await(
            "another process runs", 20s,
            [&] {
                const std::string now = service.main_pid(agent);
                return now != "0" && now != before;
            },
            [&] { return service.logs(); });
    }
}

TEST_CASE(
    "systemd: an agent that is disabled while it runs is not updated, since nobody may start it again") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    const std::string before = service.main_pid(agent);
    service.machine.systemctl({"disable", agent});
    const Outcome end = service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1"));
    CAPTURE(service.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::refused);
    CHECK(end.message.find("disabled by the administrator") != std::string::npos);
    CHECK(service.main_pid(agent) == before);
    CHECK(service.machine.property(agent, "UnitFileState") == "disabled");
}

TEST_CASE(
    "systemd: an agent that is masked and stopped stays so, and the watchdog says why it does nothing") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    // A unit in /etc cannot be masked.
    Overrides elsewhere = by_watchdog;
    elsewhere["service.unit_dir"] = R"("/usr/local/lib/systemd/system")";
    ServiceEndpoint service{server, elsewhere};
    service.install();
    service.machine.systemctl({"mask", "--now", agent});
    check_not_started(service);
    CHECK(service.machine.property(agent, "LoadState") == "masked");
    const Output doctor = service.updatectl({"doctor"});
    CHECK(doctor.text.find("the unit is masked") != std::string::npos);
}

TEST_CASE(
    "systemd: a new version that the administrator stops within its trial is taken back, and not started") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    const std::string id = service.endpoint.offer_agent("1.2.0", "agent-1.2-never-connects");
    service.endpoint.await_state(State::awaiting_ack);
    service.machine.systemctl({"stop", agent});
    const Outcome end = service.endpoint.filed_end_of(id);
    CAPTURE(service.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::requested);
    CHECK(service.endpoint.installed_version() == "1.0.0");
    check_not_started(service);
}

TEST_CASE(
    "systemd: a version that crashes within its trial is not started again once the service is disabled") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    const std::string id = service.endpoint.offer_agent("1.2.0", "agent-1.2-never-connects");
    service.endpoint.await_state(State::awaiting_ack);
    service.machine.systemctl({"disable", "--now", agent});
    const Outcome end = service.endpoint.filed_end_of(id);
    CAPTURE(service.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(service.endpoint.installed_version() == "1.0.0");
    check_not_started(service);
    CHECK(service.machine.property(agent, "UnitFileState") == "disabled");
}

TEST_CASE("systemd: an agent that is stopped right after its update stays stopped") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    (void)service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1"));
    service.machine.systemctl({"stop", agent});
    await_log(service, "agent was stopped by the administrator");
    check_not_started(service);
    CHECK(service.endpoint.installed_version() == "1.1.0");
}

TEST_CASE("systemd: an administrator's restart within a trial is no stop") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    const std::string id = service.endpoint.offer_agent("1.1.0", "agent-1.1");
    service.endpoint.await_state(State::awaiting_ready);
    service.machine.systemctl({"restart", agent});
    service.check_committed(service.endpoint.end_of(id), Route::watchdog);
}

TEST_CASE("systemd: an administrator's restarts, again and again, are not disturbed by the watchdog") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    for (int n = 0; n < 10; ++n) service.machine.systemctl({"restart", agent});
    CAPTURE(service.logs());
    CHECK(service.machine.log().find("starts again in") == std::string::npos);
    CHECK(service.runs(agent));
}

TEST_CASE("systemd: hold and release name the service manager's own commands") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, by_watchdog};
    service.install();
    const Output hold = service.updatectl({"hold"});
    CHECK(hold.exit == static_cast<int>(ControlExit::refused));
    CHECK(hold.text.find("systemctl disable --now agent.service") != std::string::npos);
    CHECK(service.runs(agent));
}

TEST_CASE("systemd: an update that stops an agent which systemd is just starting is no administrator") {
    UPDATE_NEEDS_SYSTEMD();
    Probed probed{"update-stops"};
    // Between its look at the agent and its stop lies a flushed note; a slow disk lets the agent begin just
    // then.
    const Output ran = probed.machine.run({"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
                                           "-e", "inject=fsync:delay_enter=15ms", probed.probe.string(),
                                           "stops", "40", probed.state_dir});
    CHECK(ran.exit == 0);
    CHECK(ran.text == "held 0\n");
}

TEST_CASE("systemd: a restart by the administrator that comes just before a look is not the agent's end") {
    UPDATE_NEEDS_SYSTEMD();
    Probed probed{"restart-before-look"};
    const Output ran = probed.machine.run({probed.probe.string(), "restarts", probed.state_dir});
    CHECK(ran.exit == 0);
    CHECK(ran.text == "exits 0\n");
}

TEST_CASE("systemd: an agent that the administrator restarts within its trial keeps its starts") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server,
                            {{"watchdog_path", R"("")"},
                             {"routes", R"(["exit-code"])"},
                             {"service.restart_delay", R"("100ms")"}}};
    service.install();
    (void)service.endpoint.offer("1.2.0", {{.source = built_version("agent-1.2-hangs"), .self_test = false}});
    service.endpoint.await_state(State::awaiting_ready);
    std::string before = service.main_pid(agent);
    for (unsigned restarts = 1; restarts <= 3; ++restarts) {
        service.machine.systemctl({"restart", "--no-block", agent});  // it waits for a version that hangs
        await(
            "the new version runs again", 20s,
            [&] {
                const std::string now = service.main_pid(agent);
                return now != "0" && now != before && service.endpoint.record()->progress.excused == restarts;
            },
            [&] { return service.logs(); });
        before = service.main_pid(agent);
        CHECK(service.endpoint.record()->progress.state == State::awaiting_ready);
        CHECK(service.endpoint.record()->progress.starts == 1);
    }
    // Its own end still counts.
    service.machine.systemctl({"kill", "--kill-who=main", "--signal=KILL", agent});
    await(
        "the crash is counted", 20s, [&] { return service.endpoint.record()->progress.starts == 2; },
        [&] { return service.logs(); });
}
