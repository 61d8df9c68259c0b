// A candidate's self-test may take longer than a service manager waits for a sign of life. Whoever runs it
// goes on showing life and answering, and ends when it is asked to.
#include <csignal>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/message.hpp"
#include "os/ipc_client.hpp"
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;

namespace {

/// What systemd listens on, with WatchdogSec=200ms.
class ServiceManager {
 public:
    explicit ServiceManager(const fs::path& folder)
        : name_{folder / "notify"}, socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(name_.string().copy(address.sun_path, sizeof address.sun_path - 1) == name_.string().size());
        REQUIRE(::bind(socket_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
    }
    ~ServiceManager() { ::close(socket_); }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    std::vector<std::string> environment() const {
        return {"/usr/bin/env", "NOTIFY_SOCKET=" + name_.string(), "WATCHDOG_USEC=200000"};
    }
    /// Longer than WatchdogSec=: five signs from now on, each within five seconds of the one before.
    bool sees_life() {
        std::array<char, 64> word{};
        while (::recv(socket_, word.data(), word.size(), MSG_DONTWAIT) > 0) {}  // what was said before
        for (int signs = 0; signs < 5; ++signs) {
            ::pollfd waited{socket_, POLLIN, 0};
            if (::poll(&waited, 1, 5'000) != 1) return false;
            (void)::recv(socket_, word.data(), word.size(), 0);
        }
        return true;
    }

 private:
    const fs::path name_;
    const int socket_;
};

const Overrides patient{{"trial.self_test_timeout", R"("60s")"}, {"policy.keep_previous", "1"}};

State state_of(const Endpoint& endpoint) {
    const auto record = endpoint.record();
    return record ? record->progress.state : State::count;
}

}  // namespace

TEST_CASE(
    "the watchdog shows life and answers while the self-test of a version that it rolls back to lasts") {
    Server server;
    Endpoint endpoint{server, with(by_watchdog, patient)};
    ServiceManager manager{endpoint.folder()};
    Gate gate{endpoint, "1.0.0"};
    endpoint.install("bin/gate", read_file(gate.item().source), 0755);
    endpoint.run_under(manager.environment());
    endpoint.start_watchdog();
    Item open_gate = gate.item();
    open_gate.source = file_of(endpoint, "gate.open", "#!/bin/sh\necho 1.1.0\n");
    REQUIRE(endpoint.end_of(endpoint.offer("1.1.0", {agent_item("agent-1.1"), open_gate})).ending ==
            Ending::committed);

    ipc::Request back;
    back.type = ipc::Type::roll_back;
    const auto asked = ask(endpoint.layout().watchdog_socket(), back, 5s);
    REQUIRE_MESSAGE((asked && asked->ok), endpoint.logs());
    gate.await_reached();
    CHECK(manager.sees_life());
    CHECK(endpoint.watchdog_version() == "1.0.0");
    CHECK(state_of(endpoint) == State::self_testing);
    gate.open();
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.installed_version() == "1.0.0");
}

TEST_CASE("the agent shows life and keeps its session while a self-test lasts") {
    Server server;
    Endpoint endpoint{server, with({{"routes", R"(["self-update"])"}}, patient)};
    ServiceManager manager{endpoint.folder()};
    Gate gate{endpoint, "1.1.0"};
    endpoint.run_under(manager.environment());
    endpoint.start_agent();
    const std::string id = endpoint.offer("1.1.0", {agent_item("agent-1.1"), gate.item()});
    gate.await_reached();
    CHECK(manager.sees_life());
    endpoint.await_session_of("1.0.0");
    CHECK(state_of(endpoint) == State::self_testing);
    gate.open();
    CHECK(endpoint.end_of(id).ending == Ending::committed);
}

TEST_CASE("an agent that is stopped does not wait for the end of a self-test, and its next start goes on") {
    Server server;
    Endpoint endpoint{server, with({{"routes", R"(["self-update"])"}}, patient)};
    Gate gate{endpoint, "1.1.0"};
    endpoint.start_agent();
    const std::string id = endpoint.offer("1.1.0", {agent_item("agent-1.1"), gate.item()});
    gate.await_reached();
    endpoint.agent().signal(SIGTERM);
    const auto ended = endpoint.agent().wait();
    REQUIRE_MESSAGE(ended.has_value(), endpoint.logs());
    CHECK(*ended == 0);
    endpoint.start_agent();
    gate.open();
    const Outcome end = endpoint.end_of(id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
}

TEST_CASE("a cancelled update does not wait for the end of a self-test") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1", patient};
    held.endpoint.cancel(held.id);
    const Outcome end = held.endpoint.end_of(held.id, 20s);
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::cancelled);
    check_nothing_left(held.endpoint);
}
