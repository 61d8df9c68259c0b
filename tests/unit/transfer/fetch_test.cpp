#include <doctest/doctest.h>

#include "endpoint.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::size_t size = artifact_size;

}  // namespace

TEST_CASE("a download ends as exactly the promised bytes, durable with their name") {
    Endpoint here;
    here.answer(serve(here.file));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->sha256 == here.artifact.sha256);
    CHECK(fetched->network_bytes == size);
    CHECK(fetched->attempts == 1);
    CHECK(here.files.content(here.partial()) == here.file);
    CHECK(here.files.nodes.at(here.partial())->flushes == 1);
    CHECK(here.files.directory_flushes[here.partial().parent_path()] > 0);
}

TEST_CASE("the name of a file that was complete before is made durable all the same") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    here.files.put(here.partial(), here.file);
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.directory_flushes[here.partial().parent_path()] == 1);
}

TEST_CASE("the small pieces of a network are written in blocks of 128 KiB") {
    Endpoint here;
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.nodes.at(here.partial())->writes == 6);
}

TEST_CASE("a complete file costs no network") {
    Endpoint here;
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    const auto again = here.fetch();
    REQUIRE(again.has_value());
    CHECK(again->network_bytes == 0);
    CHECK(here.http.requests.size() == 1);
}

TEST_CASE("a complete but wrong file is fetched anew") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    here.files.put(here.partial(), pattern(size, 1));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.last_request().first_byte == 0);
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("one byte too many is corrupt and costs the bytes held") {
    Endpoint here;
    auto longer = serve(pattern(size + 1));
    longer.head.body_bytes.reset();
    here.answer(longer);
    here.answer(longer);
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::corrupt);
    CHECK(here.files.content(here.partial()).empty());
}

TEST_CASE("an early end that calls itself complete is corrupt and costs the bytes held") {
    Endpoint here;
    auto shorter = serve(pattern(size - 1));
    shorter.head.body_bytes.reset();
    here.answer(shorter);
    here.answer(shorter);
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::corrupt);
    CHECK(here.files.content(here.partial()).empty());
}

TEST_CASE("a page of another length is refused before its first byte") {
    Endpoint here;
    here.answer(serve(pattern(1234)));
    here.answer(serve(here.file));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->network_bytes == size);
}

TEST_CASE("a cancellation ends the wait between attempts") {
    Endpoint here;
    here.answer(status(503, 60s));
    here.channel.signals.push_back({here.clock.time + 5s, {Signal::Kind::cancelled, "u1", "", false, {}}});
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::cancelled);
    CHECK(mentions(fetched.error(), "503"));
    CHECK(here.clock.time == Instant{1005s});
}

TEST_CASE("the cancellation of another update does not end the wait") {
    Endpoint here;
    here.answer(status(503, 60s));
    here.channel.signals.push_back({here.clock.time + 5s, {Signal::Kind::cancelled, "u2", "", false, {}}});
    here.answer(serve(here.file));
    CHECK(here.fetch().has_value());
}

TEST_CASE("a cancellation ends a running transfer and keeps what it has") {
    Endpoint here;
    auto answer = cut_after(serve(here.file), 300'000);
    answer.before_end = [&here] {
        here.channel.signals.push_back({here.clock.time, {Signal::Kind::cancelled, "u1", "", false, {}}});
    };
    here.answer(std::move(answer));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::cancelled);
    CHECK(here.http.requests.size() == 1);
}

TEST_CASE("the total time limit bounds the waits too") {
    Endpoint here;
    here.settings.total_timeout = 10s;
    here.answer(status(503, 60s));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::timed_out);
    CHECK(mentions(fetched.error(), "503"));
}

TEST_CASE("a full disk ends the download with the bytes still needed and those free") {
    Endpoint here;
    here.two_mirrors();
    here.files.room_bytes = 400'000;
    here.answer(serve(here.file));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::no_space);
    CHECK(fetched.error().evidence().need_bytes == size - 3 * 128 * 1024);
    CHECK(fetched.error().evidence().have_bytes.has_value());
    CHECK(here.http.requests.size() == 1);
}

TEST_CASE("a file of which the disk lost bytes is removed, for it may still read as if it were whole") {
    Endpoint here;
    auto answer = serve(here.file);
    answer.before_end = [&here] { here.files.loses_writes = true; };
    here.answer(std::move(answer));
    REQUIRE_FALSE(here.fetch().has_value());
    CHECK_FALSE(here.files.exists(here.partial()));
}

TEST_CASE("a local file is copied and verified like a download") {
    Endpoint here;
    here.artifact.urls = {"file:///media/agent"};
    here.files.put("/media/agent", here.file);
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->network_bytes == 0);
    CHECK(here.files.content(here.partial()) == here.file);
    CHECK(here.files.nodes.at(here.partial())->flushes == 1);
}

TEST_CASE("a local file with other bytes is corrupt") {
    Endpoint here;
    here.artifact.urls = {"file:///media/agent"};
    here.files.put("/media/agent", pattern(size, 9));
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::corrupt);
}

TEST_CASE("a missing local file moves on to the network") {
    Endpoint here;
    here.artifact.urls = {"file:///media/agent", "https://one.example/agent"};
    here.answer(serve(here.file));
    CHECK(here.fetch().has_value());
}

TEST_CASE("progress is heard first and last, and at most ten times per second between") {
    Endpoint here;
    here.answer(serve(here.file));  // the clock stands still
    REQUIRE(here.fetch().has_value());
    REQUIRE(here.events.all.size() == 2);
    CHECK(here.events.all.front().bytes == 0);
    CHECK(here.events.all.back().bytes == size);
    CHECK(here.events.all.back().total == size);
}

TEST_CASE("the bytes of a failed download are heard too") {
    Endpoint here;
    here.settings.attempts = 1;
    here.answer(cut_after(serve(here.file), 300'000));
    REQUIRE_FALSE(here.fetch().has_value());
    CHECK(here.events.all.back().network_bytes == 300'000);
}

TEST_CASE("an empty artifact needs no server") {
    Endpoint here;
    here.artifact.size_bytes = 0;
    here.artifact.sha256 = here.digest({});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 0);
}

TEST_CASE("an artifact without a mirror is refused") {
    Endpoint here;
    here.artifact.urls.clear();
    const auto fetched = here.fetch();
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code() == ErrorCode::refused);
}

}  // namespace update
