// A process of the old version that is heard after the new one was started: of what it sent last, or because
// somebody started it again from a copy. It neither confirms the update nor speaks against it.
#include <fmt/format.h>
#include <sstream>

#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

/// The agent of before, from a copy of its program, as nobody's child but the test's. It has the endpoint's
/// own configuration: identity, key and state folder are the same.
class FormerAgent {
 public:
    explicit FormerAgent(Endpoint& endpoint)
        : copy_{endpoint.folder() / "former"},
          process_{(std::filesystem::copy_file(built_version("agent-1.0"), copy_),
                    std::vector<std::string>{copy_, "--config", endpoint.config()}),
                   endpoint.folder() / "log"} {}
    Process& process() { return process_; }

 private:
    std::filesystem::path copy_;
    Process process_;
};

/// How many bytes the server's connections have received and it has not read.
std::uint64_t unread_by(const Server& server) {
    const std::string port = server.https().substr(server.https().rfind(':') + 1);
    const std::string local = fmt::format(":{:04X}", std::stoul(port));
    std::istringstream lines{read_file("/proc/net/tcp")};
    std::uint64_t unread = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string number, from, to, state, queues;
        words >> number >> from >> to >> state >> queues;
        if (from.ends_with(local) && state == "01")
            unread += std::stoul(queues.substr(queues.find(':') + 1), nullptr, 16);
    }
    return unread;
}

long last_seen(Endpoint& endpoint) {
    return endpoint.server().agent(endpoint.id())["last_seen_unix_ms"].get<long>();
}

long unix_ms_now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void check_unconfirmed(Endpoint& endpoint, const std::string& id) {
    CHECK(endpoint.server().update(id)["state"] != "completed");
    CHECK(endpoint.record()->progress.state == State::awaiting_ack);
    CHECK_FALSE(endpoint.record()->acknowledged);
}

void check_blamed(Endpoint& endpoint, const std::string& id) {
    const Outcome end = endpoint.end_of(id, 60s);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(name(end.reason) == name(Reason::not_acknowledged));
    CHECK(endpoint.record()->progress.starts == 1);
    check_old_version_runs(endpoint);
    CHECK(endpoint.leftovers().empty());
}

/// The server stands still, and the old version's last heartbeats lie unread there when it ends.
void leave_heartbeats_unread(HeldUpdate& held, Server& server) {
    server.freeze();
    await("a heartbeat of the old version lies unread", 20s, [&] { return unread_by(server) > 0; });
    held.gate.open();
    held.endpoint.await_state(State::awaiting_ack);
}

}  // namespace

TEST_CASE("heartbeats of the old version that the server reads after its end confirm nothing") {
    Server server;
    HeldUpdate held{server, "1.2.0", "agent-1.2-never-connects", {{"trial.ack_timeout", R"("9s")"}}};
    Endpoint& endpoint = held.endpoint;
    leave_heartbeats_unread(held, server);
    const long before = unix_ms_now();
    server.thaw();
    await(
        "the server has read them", 5s, [&] { return last_seen(endpoint) >= before; },
        [&] { return endpoint.logs(); });
    check_unconfirmed(endpoint, held.id);
    check_blamed(endpoint, held.id);
}

TEST_CASE(
    "heartbeats of the old version that the server reads after its end are not held against the new one") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1", {{"trial.ack_timeout", R"("30s")"}}};
    Endpoint& endpoint = held.endpoint;
    leave_heartbeats_unread(held, server);
    server.thaw();
    const Outcome end = endpoint.end_of(held.id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(endpoint.record()->progress.starts == 1);
    endpoint.await_session_of("1.1.0");
    check_nothing_left(endpoint, {"bin/gate"});
}

TEST_CASE(
    "a process of the old version that has a session within the trial confirms nothing, by each route") {
    for (const std::string route : {"watchdog", "self-update", "exit-code"}) {
        CAPTURE(route);
        Server server;
        Endpoint endpoint{server, {{"routes", "[\"" + route + "\"]"}, {"trial.ack_timeout", R"("10s")"}}};
        endpoint.start_watchdog();
        const std::string id = endpoint.offer_agent("1.2.0", "agent-1.2-never-connects");
        endpoint.await_state(State::awaiting_ack);
        FormerAgent former{endpoint};
        endpoint.await_session_of("1.0.0");
        const long begun = last_seen(endpoint);
        await(
            "two heartbeats of the old process", 8s, [&] { return last_seen(endpoint) >= begun + 1'500; },
            [&] { return endpoint.logs(); });
        CHECK(former.process().running());
        check_unconfirmed(endpoint, id);
        former.process().stop();
        check_blamed(endpoint, id);
    }
}

TEST_CASE(
    "a process of the old version that takes the new one's session away does not fail it, by each route") {
    for (const std::string route : {"watchdog", "self-update", "exit-code"}) {
        CAPTURE(route);
        Server server;
        HeldUpdate held{server,
                        "1.1.0",
                        "agent-1.1",
                        {{"routes", "[\"" + route + "\"]"}, {"trial.ack_timeout", R"("40s")"}}};
        Endpoint& endpoint = held.endpoint;
        server.freeze();
        held.gate.open();
        endpoint.await_state(State::awaiting_ack);
        FormerAgent former{endpoint};
        await(
            "the new version or the old process waits for the server", 20s,
            [&] { return unread_by(server) > 0; }, [&] { return endpoint.logs(); });
        server.thaw();
        const Outcome end = endpoint.end_of(held.id, 60s);
        CAPTURE(endpoint.logs());
        CHECK(end.ending == Ending::committed);
        CHECK(endpoint.record()->progress.starts == 1);
        former.process().stop();
        endpoint.await_session_of("1.1.0", 60s);
        CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.1")));
    }
}
