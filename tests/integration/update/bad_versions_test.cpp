// Versions that end by themselves or lie: each is rolled back with its reason, by each route.
#include <csignal>

#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

Outcome check_rolled_back(Endpoint& endpoint, const Item& item, Reason why) {
    const Outcome end = endpoint.end_of(endpoint.offer("1.2.0", {item}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == why);
    CHECK_FALSE(end.message.empty());
    check_facts(end, "1.0.0", "1.2.0");
    check_old_version_runs(endpoint);
    CHECK(is_quarantined(endpoint, "1.2.0"));
    // One that ends may have been unlucky; one that lies is not asked again.
    CHECK(endpoint.record()->progress.starts == (why == Reason::crashed ? 3 : 1));
    check_nothing_left(endpoint);
    return end;
}

Item untested(const std::string& version_name) {
    Item item = agent_item(version_name);
    item.self_test = false;
    return item;
}

}  // namespace

TEST_CASE("a version that crashes at once is rolled back, with the signal as evidence") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end = check_rolled_back(endpoint, agent_item("agent-1.2-crashes"), Reason::crashed);
    CHECK(end.route == Route::watchdog);
    CHECK(end.evidence.signal == SIGABRT);
}

TEST_CASE("a version that ends with 0 at once is rolled back") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end = check_rolled_back(endpoint, agent_item("agent-1.2-exits-0"), Reason::crashed);
    CHECK(end.evidence.exit_code == 0);
}

TEST_CASE("a version that cannot be loaded is rolled back, with the loader's exit code as evidence") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end = check_rolled_back(endpoint, untested("agent-1.2-unloadable"), Reason::crashed);
    CHECK(end.evidence.exit_code == 127);
}

TEST_CASE("a version that reports another version is rolled back") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end =
        check_rolled_back(endpoint, agent_item("agent-1.2-wrong-version"), Reason::wrong_version);
    CHECK(end.message.find("9.9.9") != std::string::npos);
}

TEST_CASE("by self-update, a version that crashes is rolled back by the helper") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_agent();
    const Outcome end = check_rolled_back(endpoint, agent_item("agent-1.2-crashes"), Reason::crashed);
    CHECK(end.route == Route::self_update);
    CHECK(end.evidence.signal == SIGABRT);
}

TEST_CASE("by exit code, a version that crashes is rolled back by its supervisor") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_watchdog();
    const Outcome end = check_rolled_back(endpoint, agent_item("agent-1.2-crashes"), Reason::crashed);
    CHECK(end.route == Route::exit_code);
}

TEST_CASE("by self-update, a version that ends with 0 at once is rolled back by the helper") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_agent();
    const Outcome end = check_rolled_back(endpoint, agent_item("agent-1.2-exits-0"), Reason::crashed);
    CHECK(end.route == Route::self_update);
    CHECK(end.evidence.exit_code == 0);
}

TEST_CASE("by exit code, a version that ends with 0 at once is rolled back by its supervisor") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_watchdog();
    const Outcome end = check_rolled_back(endpoint, agent_item("agent-1.2-exits-0"), Reason::crashed);
    CHECK(end.route == Route::exit_code);
    CHECK(end.evidence.exit_code == 0);
}

TEST_CASE("by self-update, a version that cannot be loaded is rolled back by the helper") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_agent();
    const Outcome end = check_rolled_back(endpoint, untested("agent-1.2-unloadable"), Reason::crashed);
    CHECK(end.route == Route::self_update);
    CHECK(end.evidence.exit_code == 127);
}

TEST_CASE("by self-update, a version that reports another version is rolled back by the helper") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_agent();
    check_rolled_back(endpoint, agent_item("agent-1.2-wrong-version"), Reason::wrong_version);
}

TEST_CASE("by exit code, a version that reports another version rolls itself back") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_watchdog();
    check_rolled_back(endpoint, agent_item("agent-1.2-wrong-version"), Reason::wrong_version);
}

TEST_CASE("by exit code, a version that cannot be loaded is rolled back by its supervisor") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_watchdog();
    check_rolled_back(endpoint, untested("agent-1.2-unloadable"), Reason::crashed);
}
