// Offers and alerts behind a proxy.
#include <cstdlib>
#include <doctest/doctest.h>

#include "alerts.hpp"
#include "api_client.hpp"
#include "connect_proxy.hpp"
#include "net/control/session_cpprest.hpp"
#include "session/codec.hpp"
#include "session/endpoints.hpp"

using namespace server_test;
using update::session::proxy_for;

namespace {

const std::string key = "a-random-agent-key-9";
// base64 of "someone:p@ss"
const std::string login = "someone:p%40ss", authorization = "Proxy-Authorization: Basic c29tZW9uZTpwQHNz";

update::Settings settings_for(const ServerProcess& server) {
    update::Settings settings;
    settings.agent_id = "a";
    settings.server_url = server.wss();
    settings.transfer.ca_file = server.ca_file();
    server.files().write("key", key + "\n");
    settings.key_file = server.files().path("key");
    return settings;
}

class NoJitter : public update::Random {
 public:
    std::uint64_t below(std::uint64_t) override { return 50; }  // milliseconds
};

}  // namespace

TEST_CASE("an alert goes through the configured proxy, with its credentials") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    const ConnectProxy proxy;
    update::Settings settings = settings_for(server);
    settings.transfer.proxy = proxy.url(login);
    NoJitter random;
    const auto alert = alert_settings(settings);
    REQUIRE(alert.has_value());
    const auto poster = update::AlertPoster::create(*alert, random);
    REQUIRE(poster.has_value());
    (*poster)->post(*update::session::encode_alert({"a", "held", "behind a proxy", 5}));
    CHECK((*poster)->close(std::chrono::seconds{20}).has_value());
    CHECK(admin.ask("GET", "/api/alerts").json().size() == 1);
    const auto requests = proxy.requests();
    REQUIRE_FALSE(requests.empty());
    CHECK(requests[0].find(authorization) != std::string::npos);
}

TEST_CASE("a session goes through the proxy, with its credentials") {
    ServerProcess server;
    const ConnectProxy proxy;
    update::ControlLink link{{[](const std::string&) {}, [](const std::string&) {}}};
    const auto connected = link.connect(server.wss(), server.ca_file(), update::ControlLink::connect_timeout,
                                        proxy_for(server.wss(), proxy.url(login), {}));
    CHECK(connected.has_value());
    const auto requests = proxy.requests();
    REQUIRE_FALSE(requests.empty());
    CHECK(requests[0].find(authorization) != std::string::npos);
}

TEST_CASE("without a configured server the alerts go where the agent's session goes") {
    const ServerProcess server;
    update::Settings settings = settings_for(server);
    settings.server_url.clear();
    const auto alert = alert_settings(settings);
    REQUIRE(alert.has_value());
    CHECK(alert->url == "https://localhost:8443/api/alerts");
}

TEST_CASE("without a key there are no alerts") {
    const ServerProcess server;
    update::Settings settings = settings_for(server);
    settings.key_file.clear();
    CHECK_FALSE(alert_settings(settings).has_value());
}
