#include "net/http_head.hpp"

#include <doctest/doctest.h>

namespace update {
namespace {

using namespace std::chrono_literals;

/// 1 November 2025, 10:00:00 UTC
const WallTime now{std::chrono::milliseconds{1'761'991'200'000}};

HttpHead read(std::initializer_list<const char*> lines) {
    HeadReader reader;
    for (const char* line : lines) reader.line(line);
    return reader.head(now);
}

}  // namespace

TEST_CASE("a head is complete at its empty line, but not after an interim response") {
    HeadReader reader;
    CHECK_FALSE(reader.line("HTTP/1.1 103 Early Hints\r\n"));
    CHECK_FALSE(reader.line("ETag: \"interim\"\r\n"));
    CHECK_FALSE(reader.line("\r\n"));
    CHECK_FALSE(reader.line("HTTP/1.1 200 OK\r\n"));
    CHECK(reader.line("\r\n"));
    CHECK(reader.head(now).status == 200);
    CHECK(reader.head(now).etag.empty());
}

TEST_CASE("header names are read in any case") {
    CHECK(read({"HTTP/1.1 200 OK", "eTaG:\t\"a\" \r\n"}).etag == "\"a\"");
    CHECK(read({"HTTP/1.1 200", "CONTENT-TYPE: text/html"}).content_type == "text/html");
}

TEST_CASE("lengths are read in 64 bits, and nonsense counts as absent") {
    CHECK(read({"HTTP/1.1 200 OK", "Content-Length: 4294967297"}).body_bytes == 4294967297U);
    for (const char* line : {"Content-Length: -1", "Content-Length: 1x",
                             "Content-Length:", "Content-Length: 18446744073709551616"}) {
        CAPTURE(line);
        CHECK_FALSE(read({"HTTP/1.1 200 OK", line}).body_bytes.has_value());
    }
}

TEST_CASE("Content-Range is read with and without a known total") {
    const auto full = read({"HTTP/1.1 206 Partial", "Content-Range: bytes 4294967296-4294967299/4294967300"});
    CHECK(full.range_first == 4294967296U);
    CHECK(full.range_total == 4294967300U);
    const auto open = read({"HTTP/1.1 206 Partial", "Content-Range: bytes 7-9/*"});
    CHECK(open.range_first == 7U);
    CHECK_FALSE(open.range_total.has_value());
    const auto unsatisfied = read({"HTTP/1.1 416 No", "Content-Range: bytes */100"});
    CHECK_FALSE(unsatisfied.range_first.has_value());
    CHECK(unsatisfied.range_total == 100U);
}

TEST_CASE("nonsense in Content-Range counts as absent") {
    for (const char* line :
         {"Content-Range: lines 1-2/3", "Content-Range: bytes 1-2", "Content-Range: bytes"}) {
        CAPTURE(line);
        CHECK_FALSE(read({"HTTP/1.1 206 Partial", line}).range_first.has_value());
    }
}

TEST_CASE("Retry-After is read as seconds") {
    CHECK(read({"HTTP/1.1 503 No", "Retry-After: 17"}).retry_after == 17s);
}

TEST_CASE("Retry-After is read as a date, by the server's own clock when it tells it") {
    const auto by_server = read({"HTTP/1.1 503 No", "Date: Fri, 06 Jun 2008 10:00:00 GMT",
                                 "Retry-After: Fri, 06 Jun 2008 10:00:30 GMT"});
    CHECK(by_server.retry_after == 30s);
    const auto by_us = read({"HTTP/1.1 503 No", "Retry-After: Sat, 01 Nov 2025 10:00:20 GMT"});
    CHECK(by_us.retry_after == 20s);
}

TEST_CASE("Retry-After in the past is no wait, nonsense is none") {
    CHECK(read({"HTTP/1.1 503 No", "Retry-After: Sat, 01 Nov 2025 09:00:00 GMT"}).retry_after == 0s);
    CHECK_FALSE(read({"HTTP/1.1 503 No", "Retry-After: soon"}).retry_after.has_value());
}

TEST_CASE("Retry-After beyond all reason does not overflow") {
    CHECK(read({"HTTP/1.1 503 No", "Retry-After: 18446744073709551615"}).retry_after == 366 * 24h);
}

TEST_CASE("a redirect needs its status and a location") {
    HeadReader reader;
    reader.line("HTTP/1.1 302 Found");
    CHECK_FALSE(reader.is_redirect());
    reader.line("Location: /elsewhere");
    CHECK(reader.is_redirect());
    CHECK(reader.location() == "/elsewhere");
    reader.line("HTTP/1.1 200 OK");
    CHECK_FALSE(reader.is_redirect());
}

}  // namespace update
