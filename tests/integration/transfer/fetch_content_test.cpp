#include "endpoint.hpp"

namespace update {

using namespace test;

TEST_CASE("an artifact arrives over TLS") {
    Endpoint here;
    here.script({here.good()});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.has_the_file());
    CHECK(fetched->network_bytes == size);
}

TEST_CASE("a truncated artifact is refused before its body") {
    Endpoint here;
    here.settings.attempts = 2;
    here.script({Endpoint::with(Bytes(here.file.begin(), here.file.end() - 1))});
    const auto fetched = here.fetch();
    check_code(fetched, ErrorCode::corrupt);
    CHECK(here.files.content(here.layout.partial("u1", 0)).empty());
}

TEST_CASE("a truncated artifact of unannounced length is noticed at its end") {
    Endpoint here;
    auto reply = Endpoint::with(Bytes(here.file.begin(), here.file.end() - 1));
    reply.announces_length = false;
    here.script({reply});
    check_code(here.fetch(), ErrorCode::corrupt);
}

TEST_CASE("a body that is too long is cut at the promised size and never grows the file beyond it") {
    Endpoint here;
    auto longer = here.file;
    longer.insert(longer.end(), 5'000'000, std::byte{0});
    auto reply = Endpoint::with(longer);
    reply.announces_length = false;
    here.script({reply});
    check_code(here.fetch(), ErrorCode::corrupt);
    CHECK(here.files.content(here.layout.partial("u1", 0)).empty());
}

TEST_CASE("wrong bytes of the right length are refused after two full downloads") {
    Endpoint here;
    here.script({Endpoint::with(random_bytes(size, 1))});
    check_code(here.fetch(), ErrorCode::corrupt);
    CHECK(here.server.requests().size() == 2);
}

TEST_CASE("one flipped byte is refused") {
    Endpoint here;
    auto flipped = here.file;
    flipped[size - 1] ^= std::byte{1};
    here.script({Endpoint::with(flipped)});
    check_code(here.fetch(), ErrorCode::corrupt);
}

TEST_CASE("a captive portal's page with status 200 is passing trouble") {
    Endpoint here;
    auto page = Endpoint::with(Bytes(1234, std::byte{'<'}));
    page.headers = {"Content-Type: text/html"};
    here.script({page, page, here.good()});
    REQUIRE(here.fetch().has_value());
    CHECK(here.has_the_file());
}

TEST_CASE("a captive portal that stays is reported as what it is") {
    Endpoint here;
    here.settings.attempts = 3;
    auto page = Endpoint::with(Bytes(1234, std::byte{'<'}));
    page.headers = {"Content-Type: text/html"};
    here.script({page});
    const auto fetched = here.fetch();
    check_code(fetched, ErrorCode::corrupt);
    CHECK(fetched.error().message().find("1234 bytes of \"text/html\"") != std::string::npos);
}

TEST_CASE("a file that changes on the server between two connections is fetched from its beginning") {
    Endpoint here;
    auto old = Endpoint::with(random_bytes(size, 1));
    old.cut_after = 500'000;
    auto changed = here.good();
    changed.etag = "\"v2\"";
    here.script({old, changed});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.range_of(1) == "bytes=500000-");
    CHECK(fetched->attempts == 2);
    CHECK(fetched->network_bytes == size + 500'000);
    CHECK(here.has_the_file());
}

TEST_CASE("a server that ignores If-Range is found out by the ETag of its answer") {
    Endpoint here;
    auto old = Endpoint::with(random_bytes(size, 1));
    old.cut_after = 500'000;
    auto changed = here.good();
    changed.etag = "\"v2\"";
    changed.honours_if_range = false;
    here.script({old, changed});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 3);
    CHECK(here.has_the_file());
}

TEST_CASE("a file that changes unseen is found out by its digest and fetched again") {
    Endpoint here;
    auto old = Endpoint::with(random_bytes(size, 1));
    old.cut_after = 500'000;
    here.script({old, here.good()});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.has_the_file());
}

TEST_CASE("416 leads to a download from the beginning") {
    Endpoint here;
    Reply no_range;
    no_range.status = 416;
    here.script({here.cut_after(500'000), no_range, here.good()});
    REQUIRE(here.fetch().has_value());
    CHECK(here.range_of(2).empty());
    CHECK(here.has_the_file());
}

TEST_CASE("a server that ignores ranges is taken from the beginning") {
    Endpoint here;
    auto whole = here.good();
    whole.ignores_range = true;
    here.script({here.cut_after(500'000), whole});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 2);
    CHECK(here.has_the_file());
}

TEST_CASE("a wrong Content-Range leads to a download from the beginning") {
    Endpoint here;
    auto shifted = here.good();
    shifted.content_range = "bytes 499999-1999999/2000000";
    here.script({here.cut_after(500'000), shifted, here.good()});
    REQUIRE(here.fetch().has_value());
    CHECK(here.range_of(2).empty());
    CHECK(here.has_the_file());
}

TEST_CASE("after a restart of the process a file that has changed is fetched from its beginning") {
    Endpoint here;
    here.settings.attempts = 1;
    auto old = Endpoint::with(random_bytes(size, 1));
    old.cut_after = 500'000;
    auto changed = here.good();
    changed.etag = "\"v2\"";
    here.script({old, changed});
    check_code(here.fetch(), ErrorCode::retry_later);
    REQUIRE(here.fetch().has_value());
    CHECK(here.has_the_file());
}

}  // namespace update
