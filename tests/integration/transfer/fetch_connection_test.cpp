#include "endpoint.hpp"

namespace update {

using namespace test;

TEST_CASE("a connection that is cut at ten places is resumed each time, and no byte is received twice") {
    Endpoint here;
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

TEST_CASE("a line that cuts more often than there are attempts still brings the file") {
    Endpoint here;
    const auto cuts = here.settings.attempts + 10;
    std::vector<Reply> replies(cuts, here.cut_after(40'000));
    replies.push_back(here.good());
    here.script(std::move(replies));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == cuts + 1);
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

TEST_CASE("429 with a Retry-After behind the total time limit ends the download") {
    Endpoint here;
    here.settings.total_timeout = 10min;
    Reply busy;
    busy.status = 429;
    busy.headers = {"Retry-After: 3600"};
    here.script({busy, here.good()});
    check_code(here.fetch(), ErrorCode::timed_out);
    CHECK(here.server.requests().size() == 1);
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

}  // namespace update
