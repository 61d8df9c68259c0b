#include <doctest/doctest.h>

#include "client.hpp"

namespace update {

using namespace test;

TEST_CASE("plain http is refused unless it is allowed") {
    FaultServer plain{nullptr};
    plain.script("/a", {with_body(10)});
    Client client;
    const auto refused = client.get_url(plain.url("/a"));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::refused);
    CHECK(plain.requests().empty());
    client.settings.allow_http = true;
    CHECK(client.get_url(plain.url("/a")).has_value());
}

TEST_CASE("other schemes are refused") {
    Client client;
    client.settings.allow_http = true;
    for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/a", "gopher://127.0.0.1/a"}) {
        CAPTURE(url);
        const auto refused = client.get_url(url);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code() == ErrorCode::refused);
    }
}

TEST_CASE("a redirect from https to http is refused even where http is allowed") {
    FaultServer plain{nullptr};
    Client client;
    client.settings.allow_http = true;
    client.server.script("/a", {redirect_to(plain.url("/b"))});
    const auto refused = client.get("/a");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::refused);
    CHECK(plain.requests().empty());
}

TEST_CASE("a redirect from http by way of https back to http is refused") {
    FaultServer plain{nullptr};
    Client client;
    client.settings.allow_http = true;
    plain.script("/a", {redirect_to(client.server.url("/b"))});
    plain.script("/c", {with_body(10)});
    client.server.script("/b", {redirect_to(plain.url("/c"))});
    const auto refused = client.get_url(plain.url("/a"));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::refused);
}

TEST_CASE("a redirect to a local file is refused") {
    Client client;
    client.server.script("/a", {redirect_to("file:///etc/hostname")});
    const auto refused = client.get("/a");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::refused);
}

TEST_CASE("five redirects are followed, a loop is refused") {
    Client client;
    for (int i = 0; i < 5; ++i)
        client.server.script("/" + std::to_string(i), {redirect_to("/" + std::to_string(i + 1))});
    client.server.script("/5", {with_body(10)});
    CHECK(client.get("/0").has_value());
    client.server.script("/loop", {redirect_to("/loop")});
    const auto refused = client.get("/loop");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::refused);
    CHECK(client.server.requests().size() == 12);
}

TEST_CASE("an untrusted certificate is told apart from network trouble") {
    Client client;
    client.settings.ca_file.clear();
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::permission);
    CHECK(client.server.requests().empty());
}

TEST_CASE("a certificate for another name is not trusted") {
    Client client;
    const auto head = client.get_url("https://localhost:" + std::to_string(client.server.port()) + "/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::permission);
    CHECK(client.server.requests().empty());
}

TEST_CASE("a CA file that cannot be read is refused by its name") {
    Client client;
    client.settings.ca_file = "/nowhere/ca.pem";
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::refused);
    CHECK(mentions(head.error(), "/nowhere/ca.pem"));
}

TEST_CASE("user information is sent to the server but is in no error message") {
    Client client;
    client.server.script("/a", {redirect_to("ftp://127.0.0.1/b")});
    const auto refused = client.get_url(client.server.url("/a", "user:secret"));
    REQUIRE_FALSE(refused.has_value());
    CHECK_FALSE(mentions(refused.error(), "secret"));
    CHECK(client.server.requests()[0].headers.at("authorization") == "Basic dXNlcjpzZWNyZXQ=");
    const auto unreachable = client.get_url("https://user:secret@unknown.invalid/a");
    REQUIRE_FALSE(unreachable.has_value());
    CHECK_FALSE(mentions(unreachable.error(), "secret"));
    CHECK(mentions(unreachable.error(), "unknown.invalid"));
}

TEST_CASE("a proxy's password is in no error message") {
    Client client;
    for (const char* proxy : {"http://user:secret@unknown.invalid:3128", "user:secret@127.0.0.1:1",
                              "nonsense://user:secret@x", "user:secret@127.0.0.1:nonsense"}) {
        CAPTURE(proxy);
        client.settings.proxy = proxy;
        const auto head = client.get("/a");
        REQUIRE_FALSE(head.has_value());
        CHECK_FALSE(mentions(head.error(), "secret"));
    }
}

TEST_CASE("credentials do not follow a redirect to another host") {
    FaultServer other{&ca()};
    other.script("/b", {with_body(10)});
    Client client;
    client.server.script("/a", {redirect_to(other.url("/b"))});
    REQUIRE(client.get_url(client.server.url("/a", "user:secret")).has_value());
    CHECK_FALSE(other.requests()[0].headers.contains("authorization"));
}

}  // namespace update
