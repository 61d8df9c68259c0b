#include "service_endpoint.hpp"

#include <fmt/format.h>

namespace update::test {

namespace fs = std::filesystem;
namespace {

Overrides service_mode(const std::string& product, const Overrides& more) {
    Overrides all{{"service.manager", R"("systemd")"}, {"product", '"' + product + '"'}};
    for (const auto& [key, value] : more) all[key] = value;
    return all;
}

}  // namespace

ServiceEndpoint::ServiceEndpoint(Server& server, const Overrides& overrides, const std::string& product)
    : product_{product},
      endpoint{server, service_mode(product, overrides)},
      machine{endpoint.folder() / "machine", {endpoint.folder(), server.ca_file().parent_path()}} {
    fs::copy_file(UPDATECTL, endpoint.folder() / "updatectl");
    machine.boot();
}

Output ServiceEndpoint::updatectl(const std::vector<std::string>& command) const {
    std::vector<std::string> line{endpoint.folder() / "updatectl"};
    line.insert(line.end(), command.begin(), command.end());
    line.insert(line.end(), {"--config", endpoint.config()});
    return machine.run(line);
}

void ServiceEndpoint::install() {
    const Output installed = updatectl({"service", "install"});
    REQUIRE_MESSAGE(installed.exit == 0, installed.text);
    endpoint.await_session_of(endpoint.installed_version());
}

std::string ServiceEndpoint::foreign_unit(const std::string& settings) const {
    return fmt::format(
        "[Unit]\nDescription=old\n[Service]\nExecStart={} --config "
        "{}\n{}[Install]\nWantedBy=multi-user.target\n",
        (endpoint.install_root() / "bin/agent").string(), endpoint.config().string(), settings);
}

void ServiceEndpoint::start_foreign(const std::string& settings) {
    machine.write_unit(agent_unit(), foreign_unit(settings));
    machine.systemctl({"daemon-reload"});
    machine.systemctl({"enable", "--now", agent_unit()});
    endpoint.await_session_of("1.0.0");
}

void ServiceEndpoint::await_watchdog() const {
    await(
        "the watchdog's unit runs", 20s, [&] { return runs(watchdog_unit()); }, [&] { return logs(); });
}

void ServiceEndpoint::await_guard() const {
    await(
        "there is a guard", 20s, [&] { return fs::exists(endpoint.install_root() / "bin/.guard-agent"); },
        [&] { return logs(); });
}

void ServiceEndpoint::drop_in(const std::string& unit, const std::string& name,
                              const std::string& text) const {
    machine.write_unit(unit + ".d/" + name + ".conf", text);
    machine.systemctl({"daemon-reload"});
}

std::string ServiceEndpoint::logs() const {
    std::string text = endpoint.logs();
    text += "--- units\n" +
            machine.run({"/usr/bin/systemctl", "list-units", "--all", "--no-pager", "agent*"}).text;
    return text;
}

void ServiceEndpoint::check_committed(const Outcome& end, Route by, const std::string& to) {
    CAPTURE(logs());
    CAPTURE(to_json(end));
    CHECK(end.ending == Ending::committed);
    CHECK(end.reason == Reason::none);
    CHECK(end.route == by);
    endpoint.await_session_of(to);
    CHECK(endpoint.installed_version() == to);
    CHECK(runs(agent_unit()));
}

void ServiceEndpoint::check_rolled_back(const Outcome& end, Reason reason) {
    CAPTURE(logs());
    CAPTURE(to_json(end));
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == reason);
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.0")));
    CHECK(runs(agent_unit()));
}

}  // namespace update::test
