// Versions that run and never prove that they work.
#include "ipc/message.hpp"
#include "os/ipc_client.hpp"
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

const Overrides short_ack{{"trial.ack_timeout", R"("3s")"}};

void check_rolled_back(Endpoint& endpoint, const Outcome& end, Reason why) {
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == why);
    check_facts(end, "1.0.0", "1.2.0");
    check_old_version_runs(endpoint);
    // Want of an acknowledgement may be an outage's fault the first time.
    CHECK(is_quarantined(endpoint, "1.2.0") == (why != Reason::not_acknowledged));
    check_nothing_left(endpoint);
}

}  // namespace

TEST_CASE("a version that hangs before it is ready is rolled back after the ready limit") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-hangs"));
    CHECK(end.route == Route::watchdog);
    CHECK(*end.downtime_us >= 3'000'000);
    check_rolled_back(endpoint, end, Reason::not_ready);
}

TEST_CASE("by self-update, a version that hangs is rolled back by the helper") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_agent();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-hangs"));
    CHECK(end.route == Route::self_update);
    check_rolled_back(endpoint, end, Reason::not_ready);
}

TEST_CASE("by exit code, a version that hangs is rolled back by its supervisor") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_watchdog();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-hangs"));
    CHECK(end.route == Route::exit_code);
    check_rolled_back(endpoint, end, Reason::not_ready);
}

TEST_CASE("a version that never reaches the server, which the old one does, is bad at the second try") {
    Server server;
    Endpoint endpoint{server, with(by_watchdog, short_ack)};
    endpoint.start_watchdog();
    const Outcome first = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-never-connects"));
    check_rolled_back(endpoint, first, Reason::not_acknowledged);
    const Outcome second = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-never-connects"));
    CHECK(second.reason == Reason::not_acknowledged);
    CHECK(is_quarantined(endpoint, "1.2.0"));
}

TEST_CASE("by self-update, a version that never reaches the server is rolled back by the helper") {
    Server server;
    Endpoint endpoint{server, with(short_ack, {{"routes", R"(["self-update"])"}})};
    endpoint.start_agent();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-never-connects"));
    CHECK(end.route == Route::self_update);
    check_rolled_back(endpoint, end, Reason::not_acknowledged);
}

TEST_CASE("by exit code, a version that never reaches the server rolls itself back") {
    Server server;
    Endpoint endpoint{server, with(short_ack, {{"routes", R"(["exit-code"])"}})};
    endpoint.start_watchdog();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-never-connects"));
    CHECK(end.route == Route::exit_code);
    check_rolled_back(endpoint, end, Reason::not_acknowledged);
}

TEST_CASE("signs of life of a process that is not the new version count for nothing") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const std::string id = endpoint.offer_agent("1.2.0", "agent-1.2-hangs");
    endpoint.await_state(State::awaiting_ready);
    for (const ipc::Level level : {ipc::Level::ready, ipc::Level::acknowledged}) {
        ipc::Request late;  // as from the old process, whose message was on its way for long
        late.type = ipc::Type::confirm;
        late.level = level;
        late.update_id = id;
        late.agent_version = "1.2.0";
        late.connected = true;
        late.pid = endpoint.pid_of(Endpoint::Who::agent);
        const auto reply = ask(endpoint.layout().watchdog_socket(), late, 5s);
        REQUIRE(reply.has_value());
        CHECK_FALSE(reply->ok);
    }
    check_rolled_back(endpoint, endpoint.end_of(id), Reason::not_ready);
}
