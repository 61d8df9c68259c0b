// Every way to get the agent restarted, with real processes.
#include <csignal>

#include "old_watchdog.hpp"
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

void check_good_update(Endpoint& endpoint, Route by) {
    const std::string id = endpoint.offer_agent("1.1.0", "agent-1.1");
    const Outcome end = endpoint.end_of(id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.reason == Reason::none);
    CHECK(end.message.empty());
    CHECK(end.route == by);
    check_facts(end, "1.0.0", "1.1.0");
    CHECK(end.bytes == std::filesystem::file_size(built_version("agent-1.1")));
    endpoint.await_session_of("1.1.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.1")));
    check_nothing_left(endpoint);
}

void check_untouched(Endpoint& endpoint, const Outcome& end) {
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::no_route);
    CHECK(end.route == Route::none);
    CHECK(end.bytes == 0);
    CHECK_FALSE(end.downtime_us.has_value());
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
}

}  // namespace

TEST_CASE("a good update by the watchdog route") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    check_good_update(endpoint, Route::watchdog);
}

TEST_CASE("a good update by the self-update route, of an agent that nobody supervises") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_agent();
    check_good_update(endpoint, Route::self_update);
    CHECK(endpoint.agent().wait() == 0);  // taken over, not crashed
}

TEST_CASE("a good update by the self-update route beside a watchdog, which then supervises the new version") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.start_watchdog();
    check_good_update(endpoint, Route::self_update);
    const pid_t updated = endpoint.pid_of(Endpoint::Who::agent);
    REQUIRE(::kill(updated, SIGKILL) == 0);
    await(
        "the watchdog starts the agent again", 20s,
        [&] {
            const pid_t now = endpoint.pid_of(Endpoint::Who::agent);
            return now > 0 && now != updated;
        },
        [&] { return endpoint.logs(); });
}

TEST_CASE("a good update by the exit-code route") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_watchdog();
    check_good_update(endpoint, Route::exit_code);
}

TEST_CASE("without a watchdog the routes fall through to self-update") {
    Server server;
    Endpoint endpoint{server};
    endpoint.start_agent();
    check_good_update(endpoint, Route::self_update);
}

TEST_CASE("a watchdog that knows no updates is passed over") {
    Server server;
    Endpoint endpoint{server};
    OtherWatchdog old{endpoint.layout().watchdog_socket(), [](const std::string&) {
                          return R"({"v":1,"ok":false,"error":"unsupported","message":"what?"})";
                      }};
    endpoint.start_agent();
    check_good_update(endpoint, Route::self_update);
    CHECK(old.requests() > 0);
}

TEST_CASE("a watchdog of protocol version 0 that answers a ping but takes no update is passed over") {
    Server server;
    Endpoint endpoint{server};
    OtherWatchdog old{endpoint.layout().watchdog_socket(), [](const std::string& request) {
                          return request.find("Ping") != std::string::npos
                                     ? R"({"ok":true,"message":"0.9"})"
                                     : R"({"ok":false,"error":"unsupported","message":"what?"})";
                      }};
    endpoint.start_agent();
    check_good_update(endpoint, Route::self_update);
    CHECK(old.requests() > 0);
}

TEST_CASE("a watchdog of a protocol version too far away is passed over") {
    Server server;
    Endpoint endpoint{server};
    OtherWatchdog newer{endpoint.layout().watchdog_socket(),
                        [](const std::string&) { return R"({"v":9,"ok":true})"; }};
    endpoint.start_agent();
    check_good_update(endpoint, Route::self_update);
    CHECK(newer.requests() > 0);
}

TEST_CASE("an update that nobody could finish is refused before the first byte: no watchdog") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_agent();
    check_untouched(endpoint, endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1")));
}

TEST_CASE("an update that nobody could finish is refused before the first byte: nobody restarts on exit 1") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    endpoint.start_agent();
    const Outcome end = endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1"));
    CHECK(end.message.find("no watchdog runs") != std::string::npos);
    check_untouched(endpoint, end);
}
