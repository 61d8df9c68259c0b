#include "net/http_curl.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include "support/fault_server.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::Bytes;
using test::FaultServer;
using test::Reply;
using test::TestCa;

struct Recorder : HttpSink {
    std::vector<HttpHead> heads;
    Bytes received;
    unsigned ticks = 0;
    std::optional<Error> at_head, at_tick;

    Status head(const HttpHead& h) override {
        heads.push_back(h);
        if (at_head) return *at_head;
        return done();
    }
    Status body(std::span<const std::byte> bytes) override {
        received.insert(received.end(), bytes.begin(), bytes.end());
        return done();
    }
    Status tick() override {
        ++ticks;
        if (at_tick) return *at_tick;
        return done();
    }
};

const TestCa& ca() {
    static const TestCa authority;
    return authority;
}
TransferSettings trusting() {
    TransferSettings settings;
    settings.ca_file = ca().ca_file();
    settings.stall_timeout = 5s;
    return settings;
}
Reply with_body(std::size_t size) {
    Reply reply;
    reply.body.assign(size, std::byte{'x'});
    return reply;
}
Reply redirect_to(const std::string& location) {
    auto reply = with_body(100);
    reply.status = 302;
    reply.headers = {"Location: " + location};
    return reply;
}
bool mentions(const Error& error, const std::string& text) {
    return error.message().find(text) != std::string::npos;
}

struct Client {
    FaultServer server{&ca()};
    TransferSettings settings = trusting();
    Recorder sink;

    Result<HttpHead> get(const std::string& path, std::uint64_t max = 1 << 24) {
        return get_url(server.url(path), max);
    }
    Result<HttpHead> get_url(const std::string& url, std::uint64_t max = 1 << 24) {
        CurlHttp http{settings};
        return http.get({url, 0, {}, max}, sink);
    }
};

}  // namespace

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

TEST_CASE("one request's range does not stick to the next request") {
    Client client;
    client.server.script("/a", {with_body(1000)});
    CurlHttp http{client.settings};
    REQUIRE(http.get({client.server.url("/a"), 400, "\"v1\"", 1000}, client.sink).has_value());
    REQUIRE(http.get({client.server.url("/a"), 0, {}, 1000}, client.sink).has_value());
    CHECK_FALSE(client.server.requests()[1].headers.contains("range"));
}

TEST_CASE("connections are used again") {
    Client client;
    client.server.script("/a", {with_body(1000)});
    CurlHttp http{client.settings};
    for (int i = 0; i < 3; ++i)
        REQUIRE(http.get({client.server.url("/a"), 0, {}, 1000}, client.sink).has_value());
    CHECK(client.server.requests().back().connection == 1);
}

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

TEST_CASE("a redirect with an endless body is followed without it") {
    Client client;
    auto redirect = redirect_to("/b");
    redirect.body.assign(8'000'000, std::byte{'x'});
    client.server.script("/a", {redirect});
    client.server.script("/b", {with_body(500)});
    REQUIRE(client.get("/a").has_value());
    CHECK(client.sink.received.size() == 500);
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

TEST_CASE("a dead port is passing trouble") {
    std::string url;
    {
        const FaultServer gone{&ca()};
        url = gone.url("/a");
    }
    Client client;
    const auto head = client.get_url(url);
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::retry_later);
}

TEST_CASE("a cut connection is passing trouble, and what came before it was delivered") {
    Client client;
    auto reply = with_body(1'000'000);
    reply.cut_after = 300'000;
    client.server.script("/a", {reply});
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::retry_later);
    CHECK(client.sink.received.size() == 300'000);
}

TEST_CASE("silence is cut after the stall limit, with the sink ticking all the while") {
    Client client;
    client.settings.stall_timeout = 700ms;
    auto reply = with_body(1000);
    reply.silent_after = 400;
    client.server.script("/a", {reply});
    const auto start = steady_clock::now();
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::retry_later);
    CHECK(mentions(head.error(), "stalled"));
    CHECK(steady_clock::now() - start >= 700ms);
    CHECK(client.sink.ticks >= 3);
}

TEST_CASE("a server that never answers the request is cut as stalled too") {
    Client client;
    client.settings.stall_timeout = 300ms;
    auto reply = with_body(1000);
    reply.silent_after = 0;
    client.server.script("/a", {reply});
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(mentions(head.error(), "stalled"));
}

TEST_CASE("a slow server is not a stalled one") {
    Client client;
    client.settings.stall_timeout = 400ms;
    auto reply = with_body(20'000);
    reply.bytes_per_second = 20'000;
    client.server.script("/a", {reply});
    CHECK(client.get("/a").has_value());
}

TEST_CASE("the total limit ends even a transfer that moves") {
    Client client;
    client.settings.total_timeout = 500ms;
    auto reply = with_body(1'000'000);
    reply.bytes_per_second = 20'000;
    client.server.script("/a", {reply});
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::timed_out);
}

TEST_CASE("the sink's error at a tick ends a silent transfer and is returned") {
    Client client;
    client.sink.at_tick = Error{ErrorCode::cancelled, "enough"};
    auto reply = with_body(1000);
    reply.silent_after = 400;
    client.server.script("/a", {reply});
    const auto head = client.get("/a");
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::cancelled);
    CHECK(head.error().message() == "enough");
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

TEST_CASE("a body of exactly the cap is delivered, one byte more is corrupt") {
    Client client;
    auto reply = with_body(100'000);
    reply.announces_length = false;
    client.server.script("/a", {reply});
    CHECK(client.get("/a", 100'000).has_value());
    client.sink.received.clear();
    const auto head = client.get("/a", 99'999);
    REQUIRE_FALSE(head.has_value());
    CHECK(head.error().code() == ErrorCode::corrupt);
    CHECK(client.sink.received.size() <= 99'999);
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
    for (const char* proxy :
         {"http://user:secret@unknown.invalid:3128", "user:secret@127.0.0.1:1", "nonsense://user:secret@x"}) {
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

TEST_CASE("a rate limit is kept, apart from the burst of its first second") {
    Client client;
    client.settings.rate_limit_bytes_per_s = 1'000'000;
    client.server.script("/a", {with_body(2'500'000)});
    const auto start = steady_clock::now();
    REQUIRE(client.get("/a").has_value());
    CHECK(steady_clock::now() - start >= 1200ms);
    CHECK(client.sink.received.size() == 2'500'000);
}

TEST_CASE("a configured proxy is used, whatever the environment says") {
    FaultServer proxy{nullptr};
    proxy.script("http://somewhere.invalid/a", {with_body(10)});
    Client client;
    client.settings.allow_http = true;
    client.settings.proxy = proxy.url("");
    setenv("no_proxy", "*", 1);
    const auto head = client.get_url("http://somewhere.invalid/a");
    unsetenv("no_proxy");
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
}

TEST_CASE("without a configured proxy the environment's is used") {
    FaultServer proxy{nullptr};
    proxy.script("http://somewhere.invalid/a", {with_body(10)});
    Client client;
    client.settings.allow_http = true;
    setenv("http_proxy", proxy.url("").c_str(), 1);
    const auto head = client.get_url("http://somewhere.invalid/a");
    unsetenv("http_proxy");
    REQUIRE(head.has_value());
    CHECK(head->status == 200);
}

}  // namespace update
