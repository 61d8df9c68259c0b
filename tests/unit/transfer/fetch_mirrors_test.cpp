#include <algorithm>
#include <doctest/doctest.h>

#include "endpoint.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::size_t size = artifact_size;

}  // namespace

TEST_CASE("bytes of a dead mirror are completed by the next one, without waiting and without its validator") {
    Endpoint here;
    here.two_mirrors();
    here.answer(cut_after(serve(here.file), 300'000));
    here.answer(serve(here.file, 300'000, "\"other\""));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.last_request().url == here.artifact.urls[1]);
    CHECK(here.last_request().first_byte == 300'000);
    CHECK(here.last_request().if_range.empty());
    CHECK(fetched->network_bytes == size);
    CHECK(here.channel.waits.empty());
}

TEST_CASE("a mirror that completed another one's poisoned bytes is asked again, for the whole") {
    Endpoint here;
    here.two_mirrors();
    here.answer(cut_after(serve(pattern(size, 9)), 300'000));
    here.answer(serve(here.file, 300'000));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.last_request().url == here.artifact.urls[1]);
    CHECK(here.last_request().first_byte == 0);
}

TEST_CASE("after a wrong digest the next mirror is asked for the whole") {
    Endpoint here;
    here.two_mirrors();
    here.answer(serve(pattern(size, 9)));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.last_request().url == here.artifact.urls[1]);
    CHECK(here.last_request().first_byte == 0);
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("a mirror that is wrong twice is believed to be wrong") {
    Endpoint here;
    here.answer(serve(pattern(size, 9)));
    here.answer(serve(pattern(size, 9)));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::corrupt);
    CHECK(mentions(fetched.error(), "one.example"));
    CHECK(mentions(fetched.error(), to_hex(here.artifact.sha256)));
    CHECK(here.http.requests.size() == 2);
    CHECK(here.files.content(here.partial()).empty());
}

TEST_CASE("404 moves on to the next mirror without waiting, and does not come back") {
    Endpoint here;
    here.two_mirrors();
    here.answer(status(404));
    here.answer(status(503));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.http.requests[1].url == here.artifact.urls[1]);
    CHECK(here.http.requests[2].url == here.artifact.urls[1]);
    CHECK(here.channel.waits.size() == 1);
}

TEST_CASE("a file that no mirror has is reported as not found, at once") {
    Endpoint here;
    here.two_mirrors();
    here.answer(status(404));
    here.answer(status(410));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::not_found);
    CHECK(here.channel.waits.empty());
}

TEST_CASE("attempts are bounded over all mirrors, and the message tells the story of the last") {
    Endpoint here;
    here.three_mirrors();
    here.settings.attempts = 5;
    for (int i = 0; i < 5; ++i) here.answer(failure(ErrorCode::retry_later, "connection refused"));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::retry_later);
    CHECK(fetched.error().message() ==
          "download artifact 0: mirror 2 of 3 (two.example), attempt 5 of 5: connection refused");
    CHECK(here.http.requests.size() == 5);
}

TEST_CASE("waits grow from attempt to attempt") {
    Endpoint here;
    here.settings.attempts = 4;
    for (int i = 0; i < 4; ++i) here.answer(failure(ErrorCode::retry_later, "connection refused"));
    REQUIRE_FALSE(here.fetch().has_value());
    CHECK(here.channel.waits == std::vector<std::chrono::microseconds>{1s, 2s, 4s});
}

TEST_CASE("progress begins a new row of attempts, and the waits begin anew") {
    Endpoint here;
    here.settings.attempts = 3;
    for (std::uint64_t first = 0; first < 500'000; first += 100'000) {
        here.answer(failure(ErrorCode::retry_later, "connection refused"));
        here.answer(cut_after(serve(here.file, first), 100'000));
    }
    for (int i = 0; i < 2; ++i) here.answer(failure(ErrorCode::retry_later, "connection refused"));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(mentions(fetched.error(), "attempt 3 of 3"));
    CHECK(here.http.script.empty());
    CHECK(*std::ranges::max_element(here.channel.waits) == 2s);
}

TEST_CASE("a server that cuts after each byte makes no progress") {
    Endpoint here;
    here.settings.attempts = 5;
    for (std::uint64_t i = 0; i < 5; ++i) here.answer(cut_after(serve(here.file, i), 1));
    REQUIRE_FALSE(here.fetch().has_value());
    CHECK(here.http.requests.size() == 5);
}

TEST_CASE("bytes that come again after they were thrown away are no progress") {
    Endpoint here;
    here.settings.attempts = 4;
    for (int i = 0; i < 4; ++i) {
        auto again = cut_after(serve(here.file), 200'000);  // a server that knows no ranges
        here.answer(std::move(again));
    }
    REQUIRE_FALSE(here.fetch().has_value());
    CHECK(here.http.requests.size() == 4);
}

TEST_CASE("Retry-After is honoured") {
    Endpoint here;
    here.answer(status(503, 17s));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.channel.waits == std::vector<std::chrono::microseconds>{17s});
}

TEST_CASE("Retry-After of an hour is waited for") {
    Endpoint here;
    here.answer(status(429, 3'600s));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.channel.waits == std::vector<std::chrono::microseconds>{3'600s});
}

TEST_CASE("when a mirror asks for an hour the next one is asked at once") {
    Endpoint here;
    here.two_mirrors();
    here.answer(status(503, 3'600s));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.channel.waits.empty());
}

TEST_CASE("a Retry-After that ends behind the total time limit is not waited for") {
    Endpoint here;
    here.answer(status(429, 100'000s));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::timed_out);
    CHECK(mentions(fetched.error(), "429"));
    CHECK(here.channel.waits.empty());
}

TEST_CASE("an untrusted certificate is not asked again") {
    Endpoint here;
    here.answer(failure(ErrorCode::permission, "certificate is not trusted"));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::permission);
    CHECK(here.http.requests.size() == 1);
}

}  // namespace update
