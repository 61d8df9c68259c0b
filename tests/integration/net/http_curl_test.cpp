#include <doctest/doctest.h>

#include "client.hpp"
#include "support/environment.hpp"

namespace update {

using namespace test;

TEST_CASE("head and body of a response reach the sink") {
    Client client;
    client.server.script("/a", {with_body(100'000)});
    const auto head = client.get("/a");
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
    CHECK(head->etag == "\"v1\"");
    CHECK(head->body_bytes == 100'000U);
    CHECK(client.sink.heads.size() == 1);
    CHECK(client.sink.received.size() == 100'000);
}

TEST_CASE("a status is data, not an error") {
    Client client;
    const auto head = client.get("/unknown");
    REQUIRE(head.has_value());
    CHECK(head->status == 404);
}

TEST_CASE("a response without body delivers its head all the same") {
    Client client;
    client.server.script("/a", {with_body(0)});
    REQUIRE(client.get("/a").has_value());
    CHECK(client.sink.heads.size() == 1);
}

TEST_CASE("a range is asked for together with its condition") {
    Client client;
    client.server.script("/a", {with_body(1000)});
    CurlHttp http{client.settings};
    const auto head = http.get({client.server.url("/a"), 400, "\"v1\"", 1000}, client.sink);
    REQUIRE(head.has_value());
    CHECK(head->status == 206);
    CHECK(head->range_first == 400U);
    CHECK(head->range_total == 1000U);
    CHECK(client.sink.received.size() == 600);
    CHECK(client.server.requests()[0].headers.at("range") == "bytes=400-");
    CHECK(client.server.requests()[0].headers.at("if-range") == "\"v1\"");
}

TEST_CASE("connections are used again") {
    Client client;
    client.server.script("/a", {with_body(1000)});
    CurlHttp http{client.settings};
    for (int i = 0; i < 3; ++i)
        REQUIRE(http.get({client.server.url("/a"), 0, {}, 1000}, client.sink).has_value());
    CHECK(client.server.requests().back().connection == 1);
}

TEST_CASE("a redirect is followed, and only the final response reaches the sink") {
    Client client;
    client.server.script("/a", {redirect_to("/b")});
    client.server.script("/b", {with_body(500)});
    const auto head = client.get("/a");
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
    CHECK(client.sink.heads.size() == 1);
    CHECK(client.sink.received.size() == 500);
}

TEST_CASE("the sink's error at the head is returned, and no body is delivered") {
    Client client;
    client.sink.at_head = Error{ErrorCode::corrupt, "not that"};
    client.server.script("/a", {with_body(1000)});
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().message() == "not that");
    CHECK(client.sink.received.empty());
}

TEST_CASE("Retry-After reaches the caller") {
    Client client;
    Reply busy;
    busy.status = 503;
    busy.headers = {"Retry-After: 17"};
    client.server.script("/a", {busy});
    CHECK(client.get("/a")->retry_after == 17s);
}

TEST_CASE("a path is sent as it is") {
    Client client;
    client.server.script("/a/../%2e%2e/b", {with_body(10)});
    CHECK(client.get("/a/../%2e%2e/b")->status == 200);
}

TEST_CASE("a configured proxy is used, whatever the environment says") {
    FaultServer proxy{nullptr};
    proxy.script("http://somewhere.invalid/a", {with_body(10)});
    Client client;
    client.settings.allow_http = true;
    client.settings.proxy = proxy.url("");
    const EnvironmentVariable none{"no_proxy", "*"};
    const auto head = client.get_url("http://somewhere.invalid/a");
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
}

TEST_CASE("a client for this machine asks no proxy, neither the configured nor the environment's") {
    FaultServer proxy{nullptr}, here{nullptr};
    here.script("/health", {with_body(10)});
    TransferSettings settings;
    settings.allow_http = true;
    settings.proxy = proxy.url("");
    const EnvironmentVariable given{"http_proxy", proxy.url("")};
    CurlHttp http{settings, Proxies::never};
    Recorder sink;
    const auto head = http.get({here.url("/health"), 0, {}, 100}, sink);
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
    CHECK(proxy.requests().empty());
}

TEST_CASE("without a configured proxy the environment's is used") {
    FaultServer proxy{nullptr};
    proxy.script("http://somewhere.invalid/a", {with_body(10)});
    Client client;
    client.settings.allow_http = true;
    const EnvironmentVariable given{"http_proxy", proxy.url("")};
    const auto head = client.get_url("http://somewhere.invalid/a");
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
}

}  // namespace update
