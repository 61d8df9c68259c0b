// The units on disk: a watchdog that is missing, settings that would keep an agent down, other products
// beside.
#include <fmt/format.h>

#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

const std::string agent = "agent.service", watchdog = "agent-watchdog.service";

void check_update_by_watchdog(ServiceEndpoint& service) {
    service.check_committed(service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1")),
                            Route::watchdog);
}

}  // namespace

TEST_CASE("systemd: an endpoint enrolled without a watchdog gets its unit at the agent's next start") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.start_foreign("");
    service.await_watchdog();
    CHECK(service.machine.property(watchdog, "UnitFileState") == "enabled");
    check_update_by_watchdog(service);
}

TEST_CASE("systemd: an install whose agent does not stay up says so, and has the watchdog run all the same") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    write_file(service.endpoint.install_root() / "bin/agent", "#!/bin/sh\nexit 3\n");
    const Output installed = service.updatectl({"service", "install"});
    CAPTURE(installed.text);
    CHECK(installed.exit != 0);
    CHECK(installed.text.find("agent.service is installed, but did not stay up") != std::string::npos);
    CHECK(service.machine.property(agent, "UnitFileState") == "enabled");
    CHECK(service.machine.property(watchdog, "UnitFileState") == "enabled");
    CHECK(service.runs(watchdog));
}

TEST_CASE("systemd: a watchdog unit that systemd cannot read is written again, and started") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.install();
    service.machine.write_unit(watchdog, "[Service]\nType=nonsense\nRestart=\n");
    service.machine.systemctl({"daemon-reload"});
    REQUIRE(service.machine.property(watchdog, "LoadState") != "loaded");
    service.machine.systemctl(
        {"kill", "--kill-who=main", "--signal=KILL", watchdog});  // a stop would be a wish
    service.machine.systemctl({"restart", agent});
    service.await_watchdog();
    check_update_by_watchdog(service);
}

TEST_CASE("systemd: a watchdog that an administrator disabled and stopped is left alone") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.install();
    service.machine.systemctl({"disable", "--now", watchdog});
    service.machine.systemctl({"restart", agent});
    service.endpoint.await_session_of("1.0.0");
    service.check_committed(service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1")),
                            Route::self_update);
    CHECK(service.machine.property(watchdog, "ActiveState") == "inactive");
    CHECK(service.machine.property(watchdog, "UnitFileState") == "disabled");
}

TEST_CASE(
    "systemd: the recovery delay of 60 s and exit codes that count as success are mended at the agent's "
    "start") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.start_foreign(
        "Restart=on-failure\nRestartSec=60\nSuccessExitStatus=1\nRestartPreventExitStatus=1\n");
    await(
        "the delay is mended", 20s, [&] { return service.machine.property(agent, "RestartUSec") == "2s"; },
        [&] { return service.logs(); });
    CHECK(service.machine.property(agent, "RestartPreventExitStatus") == "");
    CHECK(service.machine.property(agent, "SuccessExitStatus") == "");
    CHECK(fs::exists(service.machine.units() / "agent.service.d/50-update.conf"));
    CHECK(read_file(service.machine.units() / agent) ==
          service.foreign_unit("Restart=on-failure\nRestartSec=60\n"
                               "SuccessExitStatus=1\nRestartPreventExitStatus=1\n"));
}

TEST_CASE("systemd: doctor finds the settings that would keep an agent down, and repair mends them") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.machine.write_unit(
        agent,
        service.foreign_unit("Restart=no\nRestartSec=60\nRestartPreventExitStatus=1\nKillMode=none\n"));
    service.machine.systemctl({"daemon-reload"});
    service.machine.systemctl({"enable", agent});
    const Output before = service.updatectl({"doctor"});
    CHECK(before.exit == static_cast<int>(ControlExit::findings));
    for (const char* found : {"Restart=no", "RestartSec=60s", "RestartPreventExitStatus= has 1",
                              "KillMode=none", "nobody counts the starts", "updatectl service repair"})
        CHECK_MESSAGE(before.text.find(found) != std::string::npos, found << "\n" << before.text);
    const Output repaired = service.updatectl({"service", "repair"});
    CHECK_MESSAGE(repaired.exit == 0, repaired.text);
    const Output after = service.updatectl({"doctor"});
    CHECK_MESSAGE(after.text.find("service repair") == std::string::npos, after.text);
    CHECK(service.updatectl({"service", "repair"}).text.find("nothing to mend") != std::string::npos);
}

TEST_CASE("systemd: doctor judges the watchdog's unit, too, and names it in the cure") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.install();
    const std::string dog = service.watchdog_unit();
    const auto finds = [&](const std::string& what, const std::string& cure) {
        const Output doctor = service.updatectl({"doctor"});
        CHECK(doctor.exit == static_cast<int>(ControlExit::findings));
        CHECK_MESSAGE(doctor.text.find(dog + ": " + what) != std::string::npos, doctor.text);
        CHECK_MESSAGE(doctor.text.find(cure) != std::string::npos, doctor.text);
    };
    CHECK(service.updatectl({"doctor"}).text.find(dog + ": starts at boot") != std::string::npos);
    service.machine.systemctl({"disable", dog});
    finds("the unit is disabled", "systemctl enable " + dog);
    service.machine.systemctl({"enable", dog});
    service.drop_in(dog, "90-ours.conf", "[Service]\nRestart=no\n");
    finds("Restart=no", "systemctl cat " + dog);
}

TEST_CASE("systemd: a guard that is missing is found, and made again at the agent's next start") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.install();
    service.await_guard();
    const fs::path guard = service.endpoint.install_root() / "bin/.guard-agent";
    CHECK(service.updatectl({"doctor"}).text.find(guard.string()) == std::string::npos);
    fs::remove(guard);
    const Output found = service.updatectl({"doctor"});
    CHECK(found.exit == static_cast<int>(ControlExit::findings));
    CHECK_MESSAGE(found.text.find(guard.string() + " is missing") != std::string::npos, found.text);
    CHECK_MESSAGE(found.text.find("systemctl restart agent.service") != std::string::npos, found.text);
    service.machine.systemctl({"restart", agent});
    service.await_guard();
}

TEST_CASE("systemd: three quick updates in a row end running, although StartLimitBurst=3") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server,
                            {{"routes", R"(["watchdog"])"},
                             {"policy.allow_downgrade", "true"},
                             {"policy.attempts_per_version", "10"}}};
    service.install();
    service.drop_in(agent, "99-limit", "[Unit]\nStartLimitIntervalSec=300\nStartLimitBurst=3\n");
    for (const std::string version : {"1.1", "1.0", "1.1"})
        service.check_committed(
            service.endpoint.end_of(service.endpoint.offer_agent(version + ".0", "agent-" + version)),
            Route::watchdog, version + ".0");
}

TEST_CASE("systemd: three quick updates in a row by the exit code end running") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server,
                            {{"watchdog_path", R"("")"},
                             {"routes", R"(["exit-code"])"},
                             {"policy.allow_downgrade", "true"},
                             {"policy.attempts_per_version", "10"},
                             {"service.restart_delay", R"("100ms")"}}};
    service.install();
    for (const std::string version : {"1.1", "1.0", "1.1"})
        service.check_committed(
            service.endpoint.end_of(service.endpoint.offer_agent(version + ".0", "agent-" + version)),
            Route::exit_code, version + ".0");
}

TEST_CASE(
    "systemd: where the install root is read-only (a real EROFS) nothing is touched, and the reason is "
    "told") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"watchdog_path", R"("")"}, {"routes", R"(["exit-code"])"}}};
    service.install();
    service.await_guard();
    service.drop_in(agent, "99-closed",
                    fmt::format("[Service]\nReadOnlyPaths={}\n", service.endpoint.install_root().string()));
    service.machine.systemctl({"restart", agent});
    const Outcome end = service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1"));
    CAPTURE(to_json(end));
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.message.find("Read-only file system") != std::string::npos);
    CHECK(service.runs(agent));
    CHECK(service.endpoint.installed_version() == "1.0.0");
}

TEST_CASE(
    "systemd: where staging is a file system of 1 MiB (a real ENOSPC) the update is refused with need and "
    "have") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"watchdog_path", R"("")"}, {"routes", R"(["exit-code"])"}}};
    service.drop_in(agent, "99-small",
                    fmt::format("[Service]\nTemporaryFileSystem={}:size=1M,mode=0700\n",
                                (service.endpoint.state_dir() / "updates").string()));
    fs::create_directory(service.endpoint.state_dir());
    fs::create_directory(service.endpoint.state_dir() / "updates");
    fs::permissions(service.endpoint.state_dir(), fs::perms::owner_all);
    fs::permissions(service.endpoint.state_dir() / "updates", fs::perms::owner_all);
    service.install();
    const Outcome end = service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1"));
    CAPTURE(to_json(end));
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::no_space);
    CHECK(end.evidence.need_bytes.value_or(0) > end.evidence.have_bytes.value_or(0));
    CHECK(service.runs(agent));
}

TEST_CASE("systemd: remove takes away what install wrote, and nothing else") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.install();
    service.drop_in(agent, "10-own", "[Service]\nNice=1\n");
    const Output removed = service.updatectl({"service", "remove"});
    CHECK_MESSAGE(removed.exit == 0, removed.text);
    for (const char* unit : {"agent.service", "agent-watchdog.service", "agent-rescue.service",
                             "multi-user.target.wants/agent.service"})
        CHECK_FALSE(fs::exists(fs::symlink_status(service.machine.units() / unit)));
    CHECK(fs::exists(service.machine.units() / "agent.service.d/10-own.conf"));
    CHECK(service.endpoint.pid_of(Endpoint::Who::agent) < 0);
    CHECK(service.endpoint.leftovers().empty());
}

TEST_CASE("systemd: two products live side by side, and an update of one does not touch the other") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint first{server};
    Endpoint second{server, {{"service.manager", R"("systemd")"}, {"product", R"("other")"}}, "a2"};
    first.machine.power_off();
    Machine both{first.endpoint.folder() / "machine",
                 {first.endpoint.folder(), second.folder(), server.ca_file().parent_path()}};
    both.boot();
    const std::string updatectl = first.endpoint.folder() / "updatectl";
    for (const Endpoint* endpoint : {&first.endpoint, &second}) {
        const Output installed = both.run({updatectl, "service", "install", "--config", endpoint->config()});
        REQUIRE_MESSAGE(installed.exit == 0, installed.text);
    }
    first.endpoint.await_session_of("1.0.0");
    second.await_session_of("1.0.0");
    const std::string untouched = both.property("other.service", "MainPID");
    const Outcome end = first.endpoint.end_of(first.endpoint.offer_agent("1.1.0", "agent-1.1"));
    CHECK(end.ending == Ending::committed);
    CHECK(end.route == Route::watchdog);
    CHECK(both.property("other.service", "MainPID") == untouched);
    CHECK(second.installed_version() == "1.0.0");
    CHECK(second.end_of(second.offer_agent("1.1.0", "agent-1.1")).ending == Ending::committed);
}

TEST_CASE("systemd: who is not root is told so, and what runs without root") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    fs::permissions(service.endpoint.folder(),
                    fs::perms::owner_all | fs::perms::others_exec | fs::perms::group_exec);
    fs::permissions(service.endpoint.folder() / "update.toml", fs::perms::others_read, fs::perm_options::add);
    const Output refused = service.machine.run({"/usr/bin/setpriv", "--reuid=65534", "--clear-groups",
                                                service.endpoint.folder() / "updatectl", "service", "install",
                                                "--config", service.endpoint.config()});
    CHECK(refused.exit == static_cast<int>(ControlExit::refused));
    CHECK(refused.text.find("only root may change the system's units") != std::string::npos);
    CHECK(refused.text.find("service.manager = \"none\"") != std::string::npos);
}
