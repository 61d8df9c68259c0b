// The whole download path over real TLS connections to a server that misbehaves.
#include <algorithm>
#include <doctest/doctest.h>

#include "crypto/openssl_hashing.hpp"
#include "crypto/pipelined_hashing.hpp"
#include "net/http_curl.hpp"
#include "support/fault_server.hpp"
#include "support/memory_files.hpp"
#include "support/real_time.hpp"
#include "transfer/fetch.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::FaultServer;
using test::Reply;
using test::TestCa;

constexpr std::size_t size = 2'000'000;
constexpr unsigned seed = 20251101;

const TestCa& ca() {
    static const TestCa authority;
    return authority;
}

Bytes random_bytes(std::size_t count, unsigned salt = 0) {
    std::mt19937_64 random{seed + salt};
    Bytes bytes(count);
    std::ranges::generate(bytes, [&random] { return static_cast<std::byte>(random() & 0xff); });
    return bytes;
}

struct Endpoint {
    FaultServer server{&ca()};
    OpensslHashing openssl;
    PipelinedHashing hashing{openssl};
    test::MemoryFiles files;
    test::RealClock clock;
    test::QuietChannel channel;
    test::SeededRandom random{seed};
    Layout layout{"/state", "/opt"};
    TransferSettings settings;
    std::string update_id = "u1";
    Bytes file = random_bytes(size);
    Artifact artifact;

    Endpoint() {
        settings.ca_file = ca().ca_file();
        settings.stall_timeout = 5s;
        settings.backoff_first = 1ms;
        settings.backoff_max = 20ms;
        artifact.size_bytes = size;
        auto stream = openssl.sha256();
        stream->update(file);
        artifact.sha256 = stream->finish();
        artifact.urls = {server.url("/agent")};
    }
    Reply good() const { return with(file); }
    static Reply with(Bytes body) {
        Reply reply;
        reply.body = std::move(body);
        return reply;
    }
    Reply cut_after(std::size_t bytes) const {
        auto reply = good();
        reply.cut_after = bytes;
        return reply;
    }
    void script(std::vector<Reply> replies) { server.script("/agent", std::move(replies)); }

    /// Each call is a new process: connections and all memory of earlier calls are gone, the disk is not.
    Result<Fetched> fetch() {
        CurlHttp http{settings};
        return update::fetch({artifact, 0, update_id, layout, settings},
                             {http, files, hashing, clock, channel, random});
    }
    bool has_the_file() { return files.content(layout.partial(update_id, 0)) == file; }
    std::string range_of(std::size_t request) const {
        const auto headers = server.requests().at(request).headers;
        return headers.contains("range") ? headers.at("range") : std::string{};
    }
};

void check_code(const Result<Fetched>& fetched, ErrorCode code) {
    REQUIRE_FALSE(fetched.has_value());
    CAPTURE(fetched.error().message());
    CHECK(fetched.error().code() == code);
}

}  // namespace

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

TEST_CASE("a connection that is cut at ten places is resumed each time, and no byte is received twice") {
    Endpoint here;
    here.settings.attempts = 11;
    std::vector<Reply> replies;
    for (std::size_t i = 0; i < 10; ++i) replies.push_back(here.cut_after(i == 0 ? 1 : 17'000 * i + 13));
    replies.push_back(here.good());
    here.script(std::move(replies));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 11);
    CHECK(fetched->network_bytes == size);
    CHECK(here.server.body_bytes_sent() == size);
    CHECK(here.has_the_file());
}

TEST_CASE("a connection that is reset at ten places is resumed each time") {
    Endpoint here;
    here.settings.attempts = 11;
    std::vector<Reply> replies(10, here.good());
    for (auto& reply : replies) reply.reset_after = 100'000;
    replies.push_back(here.good());
    here.script(std::move(replies));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 11);
    CHECK(fetched->network_bytes == size);
    CHECK(here.has_the_file());
}

TEST_CASE("a cut before the first byte is tried again from the beginning") {
    Endpoint here;
    here.script({here.cut_after(0), here.good()});
    REQUIRE(here.fetch().has_value());
    CHECK(here.range_of(1).empty());
}

TEST_CASE("a stalled connection is cut and resumed") {
    Endpoint here;
    here.settings.stall_timeout = 300ms;
    auto silent = here.good();
    silent.silent_after = 500'000;
    here.script({silent, here.good()});
    REQUIRE(here.fetch().has_value());
    CHECK(here.range_of(1) == "bytes=500000-");
    CHECK(here.has_the_file());
}

TEST_CASE("a slow server is waited for") {
    Endpoint here;
    here.settings.stall_timeout = 400ms;
    auto slow = here.good();
    slow.bytes_per_second = 4'000'000;
    here.script({slow});
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 1);
}

TEST_CASE("503 with Retry-After is waited for as long as the server says") {
    Endpoint here;
    here.settings.backoff_max = 10s;
    Reply busy;
    busy.status = 503;
    busy.headers = {"Retry-After: 1"};
    here.script({busy, here.good()});
    const auto start = here.clock.now();
    REQUIRE(here.fetch().has_value());
    CHECK(here.clock.now() - start >= 1s);
}

TEST_CASE("429 with a long Retry-After is waited for as long as the configuration allows") {
    Endpoint here;
    Reply busy;
    busy.status = 429;
    busy.headers = {"Retry-After: 3600"};
    here.script({busy, here.good()});
    const auto start = here.clock.now();
    REQUIRE(here.fetch().has_value());
    CHECK(here.clock.now() - start >= here.settings.backoff_max);
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

TEST_CASE("a redirect from https to http is refused, and the next mirror is asked") {
    Endpoint here;
    FaultServer plain{nullptr};
    Reply redirect;
    redirect.status = 302;
    redirect.headers = {"Location: " + plain.url("/agent")};
    here.server.script("/weak", {redirect});
    here.script({here.good()});
    here.artifact.urls = {here.server.url("/weak"), here.server.url("/agent")};
    REQUIRE(here.fetch().has_value());
    CHECK(plain.requests().empty());
}

TEST_CASE("a redirect loop is refused") {
    Endpoint here;
    Reply redirect;
    redirect.status = 302;
    redirect.headers = {"Location: /agent"};
    here.script({redirect});
    check_code(here.fetch(), ErrorCode::refused);
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

TEST_CASE("an untrusted certificate is refused at the first attempt") {
    Endpoint here;
    here.settings.ca_file.clear();
    here.script({here.good()});
    const auto fetched = here.fetch();
    check_code(fetched, ErrorCode::permission);
    CHECK(fetched.error().message().find("attempt 1 of") != std::string::npos);
    CHECK(here.server.requests().empty());
}

TEST_CASE("when the first mirror is dead the second is asked") {
    std::string dead;
    {
        const FaultServer gone{&ca()};
        dead = gone.url("/agent");
    }
    Endpoint here;
    here.script({here.good()});
    here.artifact.urls.insert(here.artifact.urls.begin(), dead);
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 2);
}

TEST_CASE("when the first mirror dies half-way the second sends only the rest") {
    Endpoint here;
    FaultServer second{&ca()};
    auto elsewhere = here.good();
    elsewhere.etag = "\"of another server\"";
    second.script("/copy", {elsewhere});
    here.script({here.cut_after(1'500'000)});
    here.artifact.urls.push_back(second.url("/copy"));
    REQUIRE(here.fetch().has_value());
    CHECK(second.body_bytes_sent() == size - 1'500'000);
    CHECK(here.has_the_file());
}

TEST_CASE("after a restart of the process only the rest is sent") {
    Endpoint here;
    here.settings.attempts = 1;
    here.script({here.cut_after(1'234'567), here.good()});
    check_code(here.fetch(), ErrorCode::retry_later);
    CHECK(here.server.body_bytes_sent() == 1'234'567);
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->network_bytes == size - 1'234'567);
    CHECK(here.server.body_bytes_sent() == size);
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
