#include <doctest/doctest.h>

#include "client.hpp"

namespace update {

using namespace test;

TEST_CASE("one request's range does not stick to the next request") {
    Client client;
    client.server.script("/a", {with_body(1000)});
    CurlHttp http{client.settings};
    REQUIRE(http.get({client.server.url("/a"), 400, "\"v1\"", 1000}, client.sink).has_value());
    REQUIRE(http.get({client.server.url("/a"), 0, {}, 1000}, client.sink).has_value());
    CHECK_FALSE(client.server.requests()[1].headers.contains("range"));
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

TEST_CASE("a rate limit is kept, apart from the burst of its first second") {
    Client client;
    client.settings.rate_limit_bytes_per_s = 1'000'000;
    client.server.script("/a", {with_body(2'500'000)});
    const auto start = steady_clock::now();
    REQUIRE(client.get("/a").has_value());
    CHECK(steady_clock::now() - start >= 1200ms);
    CHECK(client.sink.received.size() == 2'500'000);
}

}  // namespace update
