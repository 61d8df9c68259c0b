// Drop-ins beside the agent's unit: ours, and those of an administrator.
#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

const std::string agent = "agent.service";

/// A unit whose file systemd has not read again: it stays so until somebody has it read all of them.
constexpr const char* unread = "unread.service";
void leave_unread(const ServiceEndpoint& service) {
    service.machine.write_unit(unread, "[Service]\nExecStart=/usr/bin/true\nRemainAfterExit=yes\n");
    service.machine.systemctl({"daemon-reload"});
    service.machine.systemctl({"start", unread});
    service.machine.write_unit(unread, "[Service]\nExecStart=/usr/bin/true\nRemainAfterExit=yes\nNice=1\n");
    REQUIRE(service.machine.property(unread, "NeedDaemonReload") == "yes");
}

}  // namespace

TEST_CASE("systemd: a later drop-in that forbids the restart closes the exit-code route, by name") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server, {{"watchdog_path", R"("")"}, {"routes", R"(["exit-code"])"}}};
    service.drop_in(agent, "99-local", "[Service]\nRestart=no\n");
    service.install();
    const Outcome end = service.endpoint.end_of(service.endpoint.offer_agent("1.1.0", "agent-1.1"));
    CAPTURE(service.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::no_route);
    CHECK(end.message.find("Restart=no") != std::string::npos);
    CHECK(service.machine.log().find("a later drop-in says so") != std::string::npos);
}

TEST_CASE("systemd: what a later drop-in breaks is written and read once, and the missing watchdog starts") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.drop_in(agent, "override", "[Service]\nRestartSec=30\n");
    service.start_foreign("");
    service.await_watchdog();
    await(
        "the agent says what it cannot mend", 20s,
        [&] { return service.machine.log().find("a later drop-in says so") != std::string::npos; },
        [&] { return service.logs(); });
    leave_unread(service);
    const fs::path drop_in = service.machine.units() / "agent.service.d/50-update.conf";
    const auto written = fs::last_write_time(drop_in);
    for (int times = 0; times < 2; ++times) {
        const Output refused = service.updatectl({"service", "repair"});
        CHECK_MESSAGE(refused.text.find("RestartSec=30s; a later drop-in says so") != std::string::npos,
                      refused.text);
    }
    CHECK(service.machine.property(unread, "NeedDaemonReload") == "yes");
    CHECK(fs::last_write_time(drop_in) == written);
}

TEST_CASE("systemd: a drop-in of ours that systemd has not read yet is read at the next look") {
    UPDATE_NEEDS_SYSTEMD();
    Server server;
    ServiceEndpoint service{server};
    service.start_foreign("RestartSec=60\n");
    await(
        "the delay is mended", 20s, [&] { return service.machine.property(agent, "RestartUSec") == "2s"; },
        [&] { return service.logs(); });
    const fs::path drop_in = service.machine.units() / "agent.service.d/50-update.conf";
    const std::string text = read_file(drop_in);
    fs::remove(drop_in);
    service.machine.systemctl({"daemon-reload"});
    REQUIRE(service.machine.property(agent, "RestartUSec") == "1min");
    write_file(drop_in, text);  // as a power cut between write and reload leaves it
    const Output repaired = service.updatectl({"service", "repair"});
    CHECK_MESSAGE(repaired.exit == 0, repaired.text);
    CHECK(service.machine.property(agent, "RestartUSec") == "2s");
}
