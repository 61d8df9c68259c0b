#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <thread>

#include "api_client.hpp"
#include "net/control/alerts_cpprest.hpp"
#include "session/codec.hpp"
#include "session/endpoints.hpp"

using namespace server_test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using update::AlertPoster;
using update::ErrorCode;

namespace {

const std::string key = "a-random-agent-key-4";

class NoJitter : public update::Random {
 public:
    std::uint64_t below(std::uint64_t) override { return 50; }  // milliseconds
};
NoJitter no_jitter;

update::AlertSettings settings(const ServerProcess& server, const std::string& with_key = key) {
    update::AlertSettings settings;
    settings.url = *update::session::alerts_url(server.wss());
    settings.ca_file = server.ca_file();
    settings.key = update::session::Secret{with_key};
    return settings;
}
std::unique_ptr<AlertPoster> poster(const update::AlertSettings& settings) {
    auto made = AlertPoster::create(settings, no_jitter);
    REQUIRE(made.has_value());
    return std::move(*made);
}
std::string alert(const std::string& message) {
    return *update::session::encode_alert({"a", "held", message, 5});
}

/// Until somebody has an established connection to the port on this machine.
bool wait_for_connection(std::uint16_t port) {
    const std::string wanted =
        fmt::format("0100007F:{:04X} 01 ", port);  // remote address and state, as in proc(5)
    const auto deadline = steady_clock::now() + std::chrono::seconds{10};
    while (steady_clock::now() < deadline) {
        std::ifstream table{"/proc/net/tcp"};
        const std::string all{std::istreambuf_iterator<char>{table}, {}};
        if (all.find(wanted) != std::string::npos) return true;
        std::this_thread::yield();
    }
    return false;
}

}  // namespace

TEST_CASE("alerts go where the session goes, over HTTPS") {
    CHECK(*update::session::alerts_url("wss://h:8443/agent") == "https://h:8443/api/alerts");
    CHECK(*update::session::alerts_url("wss://h") == "https://h/api/alerts");
    CHECK_FALSE(update::session::alerts_url("ws://h/agent").has_value());
    CHECK_FALSE(update::session::alerts_url("wss:///agent").has_value());
}

TEST_CASE("alerts arrive in their order") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    const auto alerts = poster(settings(server));
    for (const char* message : {"one", "two", "three"}) alerts->post(alert(message));
    CHECK(alerts->close(std::chrono::seconds{10}).has_value());
    CHECK(alerts->counts().delivered == 3);
    const auto stored = admin.ask("GET", "/api/alerts").json();
    REQUIRE(stored.size() == 3);
    CHECK(stored[0]["message"] == "three");  // newest first
    CHECK(stored[2]["message"] == "one");
    CHECK(stored[2]["agent_id"] == "a");
}

TEST_CASE("an alert that comes again, and an end that is told again, are one alert each") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    const auto alerts = poster(settings(server));
    const auto post = [&](const std::string& kind, std::int64_t at) {
        alerts->post(*update::session::encode_alert({"a", kind, "u-1 rolled-back", at}));
    };
    for (const std::int64_t at : {5, 5, 6}) post("held", at);
    for (const std::int64_t at : {5, 6}) post("update-ended", at);
    CHECK(alerts->close(std::chrono::seconds{10}).has_value());
    CHECK(alerts->counts().delivered == 5);
    const auto stored = admin.ask("GET", "/api/alerts").json();
    REQUIRE(stored.size() == 3);  // held again a moment later is another matter
    CHECK(stored[0]["kind"] == "update-ended");
}

TEST_CASE("an alert waits for a server that is away") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    server.kill_hard();
    const auto alerts = poster(settings(server));
    alerts->post(alert("late"));
    server.start();
    CHECK(alerts->close(std::chrono::seconds{20}).has_value());
    CHECK(admin.ask("GET", "/api/alerts").json().size() == 1);
}

TEST_CASE("the oldest alerts make room while the server is away") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    server.kill_hard();
    auto few = settings(server);
    few.queue_max = 2;
    const auto alerts = poster(few);
    for (const char* message : {"one", "two", "three", "four"}) alerts->post(alert(message));
    CHECK(alerts->counts().dropped == 2);
    server.start();
    CHECK(alerts->close(std::chrono::seconds{20}).has_value());
    const auto stored = admin.ask("GET", "/api/alerts").json();
    REQUIRE(stored.size() >= 2);  // an attempt for an older one may have been under way all the time
    CHECK(stored[0]["message"] == "four");
    CHECK(stored[1]["message"] == "three");
}

TEST_CASE("an alert that is pushed out of the queue while it is on its way costs no other alert") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    auto few = settings(server);
    few.queue_max = 2;
    server.freeze();
    const auto alerts = poster(few);
    alerts->post(alert("one"));
    REQUIRE(wait_for_connection(server.port()));
    for (const char* message : {"two", "three"}) alerts->post(alert(message));
    CHECK(alerts->counts().dropped == 1);
    server.signal(SIGCONT);
    CHECK(alerts->close(std::chrono::seconds{10}).has_value());
    CHECK(alerts->counts().delivered == 3);  // "one" arrived although there was no room for it any more
    CHECK(alerts->counts().dropped == 0);
    CHECK(admin.ask("GET", "/api/alerts").json().size() == 3);
}

TEST_CASE("an alert that the server will never take does not hold up the others") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    const auto alerts = poster(settings(server));
    alerts->post("not an alert");
    alerts->post(alert("good"));
    CHECK(alerts->close(std::chrono::seconds{10}).has_value());
    CHECK(alerts->counts().rejected == 1);
    CHECK(alerts->counts().delivered == 1);
}

TEST_CASE("a wrong key delivers nothing") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    const auto alerts = poster(settings(server, "another-random-key"));
    alerts->post(alert("x"));
    CHECK(alerts->close(std::chrono::seconds{10}).has_value());
    CHECK(alerts->counts().rejected == 1);
    CHECK(admin.ask("GET", "/api/alerts").json().empty());
}

TEST_CASE("closing while the server is away ends in time and tells what was lost") {
    ServerProcess server;
    server.freeze();  // the system still accepts its connections
    const auto alerts = poster(settings(server));
    alerts->post(alert("x"));
    const auto begin = steady_clock::now();
    const auto closed = alerts->close(milliseconds{300});
    CHECK(steady_clock::now() - begin < std::chrono::seconds{2});
    REQUIRE_FALSE(closed.has_value());
    CHECK(closed.error().code() == ErrorCode::timed_out);
    CHECK(alerts->counts().dropped == 1);
}

TEST_CASE("alerts are posted to https only") {
    update::AlertSettings plain;
    plain.url = "http://127.0.0.1:1/api/alerts";
    const auto made = AlertPoster::create(plain, no_jitter);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code() == ErrorCode::refused);
}
