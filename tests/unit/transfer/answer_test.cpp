#include "transfer/answer.hpp"

#include <doctest/doctest.h>

namespace update {
namespace {

HttpHead whole(std::uint64_t size) {
    HttpHead head;
    head.status = 200;
    head.body_bytes = size;
    return head;
}
HttpHead part(std::uint64_t first, std::uint64_t size) {
    HttpHead head;
    head.status = 206;
    head.range_first = first;
    head.range_total = size;
    head.body_bytes = size - first;
    return head;
}
HttpHead failed(int status) {
    HttpHead head;
    head.status = status;
    return head;
}
// Security rule R9: where 32-bit arithmetic breaks.
constexpr std::uint64_t borders[] = {
    1, (1ULL << 31) - 1, 1ULL << 31, (1ULL << 31) + 1, (1ULL << 32) - 1, 1ULL << 32, (1ULL << 32) + 1};

}  // namespace

TEST_CASE("the whole file is accepted at every size around 2^31 and 2^32") {
    for (const auto size : borders) {
        CAPTURE(size);
        CHECK(judge(whole(size), {0, size, ""}).answer == Answer::whole);
    }
}

TEST_CASE("a length that is equal only in its low 32 bits is refused") {
    const auto judgement = judge(whole(5), {0, (1ULL << 32) + 5, ""});
    CHECK(judgement.answer == Answer::later);
    CHECK(judgement.code == ErrorCode::corrupt);
}

TEST_CASE("the rest is accepted at every offset around 2^31 and 2^32") {
    for (const auto first : borders) {
        CAPTURE(first);
        CHECK(judge(part(first, (1ULL << 33)), {first, 1ULL << 33, ""}).answer == Answer::rest);
        CHECK(judge(part(first, first + 1), {first, first + 1, ""}).answer == Answer::rest);
    }
}

TEST_CASE("a range that begins elsewhere in the low 32 bits' disguise starts over") {
    CHECK(judge(part(7, 1ULL << 33), {(1ULL << 32) + 7, 1ULL << 33, ""}).answer == Answer::start_over);
}

TEST_CASE("a page with status 200 and another length is refused before its body, as passing trouble") {
    auto head = whole(1234);
    head.content_type = "text/html";
    const auto judgement = judge(head, {0, 99, ""});
    CHECK(judgement.answer == Answer::later);
    CHECK(judgement.why == "answers with 1234 bytes of \"text/html\" instead of 99");
}

TEST_CASE("the whole file instead of the rest is taken from its first byte") {
    CHECK(judge(whole(100), {40, 100, ""}).answer == Answer::whole);
}

TEST_CASE("an unknown length is let through, for the byte cap and the digest decide") {
    CHECK(judge(failed(200), {0, 100, ""}).answer == Answer::whole);
}

TEST_CASE("a changed ETag starts over even where the server ignores If-Range") {
    auto head = part(40, 100);
    head.etag = "\"new\"";
    CHECK(judge(head, {40, 100, "\"old\""}).answer == Answer::start_over);
    CHECK(judge(head, {40, 100, "\"new\""}).answer == Answer::rest);
}

TEST_CASE("a part of a file of another size starts over") {
    CHECK(judge(part(40, 101), {40, 100, ""}).answer == Answer::start_over);
}

TEST_CASE("a part that ends early starts over") {
    auto head = part(40, 100);
    head.body_bytes = 30;
    CHECK(judge(head, {40, 100, ""}).answer == Answer::start_over);
}

TEST_CASE("a part without Content-Range starts over") {
    auto head = part(40, 100);
    head.range_first.reset();
    CHECK(judge(head, {40, 100, ""}).answer == Answer::start_over);
}

TEST_CASE("a part that nobody asked for is not asked for again") {
    CHECK(judge(part(40, 100), {0, 100, ""}).answer == Answer::skip);
}

TEST_CASE("an unsatisfiable range starts over, but only when a range was asked for") {
    CHECK(judge(failed(416), {40, 100, ""}).answer == Answer::start_over);
    CHECK(judge(failed(416), {0, 100, ""}).answer == Answer::skip);
}

TEST_CASE("403, 404 and 410 mean that the mirror does not have it") {
    for (const int status : {403, 404, 410}) {
        CAPTURE(status);
        CHECK(judge(failed(status), {0, 100, ""}).answer == Answer::skip);
        CHECK(judge(failed(status), {0, 100, ""}).code == ErrorCode::not_found);
    }
}

TEST_CASE("overload and server errors pass") {
    for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
        CAPTURE(status);
        CHECK(judge(failed(status), {0, 100, ""}).answer == Answer::later);
        CHECK(judge(failed(status), {0, 100, ""}).code == ErrorCode::retry_later);
    }
}

TEST_CASE("a demand for credentials is named as such") {
    CHECK(judge(failed(401), {0, 100, ""}).code == ErrorCode::permission);
}

}  // namespace update
