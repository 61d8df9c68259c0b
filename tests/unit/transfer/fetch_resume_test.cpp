#include <doctest/doctest.h>

#include "endpoint.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::size_t size = artifact_size;

}  // namespace

TEST_CASE("after a cut only the rest is asked for, if the file is still the same") {
    Endpoint here;
    here.answer(cut_after(serve(here.file), 300'000));
    here.answer(serve(here.file, 300'000));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.last_request().first_byte == 300'000);
    CHECK(here.last_request().if_range == "\"v1\"");
    CHECK(fetched->network_bytes == size);
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("after a restart of the process only the rest is asked for") {
    Endpoint here;
    here.settings.attempts = 1;
    here.answer(cut_after(serve(here.file), 300'000));
    REQUIRE_FALSE(here.fetch().has_value());
    here.answer(serve(here.file, 300'000));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.last_request().first_byte == 300'000);
    CHECK(here.last_request().if_range == "\"v1\"");
    CHECK(fetched->network_bytes == size - 300'000);
}

TEST_CASE("a rest that is longer than what is missing is refused, and the file never grows beyond its size") {
    Endpoint here;
    here.answer(cut_after(serve(here.file), 300'000));
    auto longer = serve(here.file, 300'000);
    longer.head.body_bytes.reset();
    longer.body.resize(longer.body.size() + 300'000);
    here.answer(std::move(longer));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.nodes.at(here.partial())->largest_bytes <= size);
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("bytes of unknown origin are not built upon") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    here.files.put(here.partial(), Bytes(here.file.begin(), here.file.begin() + 1000));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.last_request().first_byte == 0);
}

TEST_CASE("bytes beside a damaged origin are not built upon") {
    for (const std::string damage :
         {"", "{", "[]", R"({"url":"https://one.example/agent"})",
          R"({"url":"u","etag":"\"a\"\r\nX: y","last_modified":"","mixed":false})"}) {
        CAPTURE(damage);
        Endpoint here;
        here.settings.attempts = 1;
        here.answer(cut_after(serve(here.file), 300'000));
        REQUIRE_FALSE(here.fetch().has_value());
        const auto bytes = std::as_bytes(std::span{damage});
        here.files.put(here.layout.partial_origin("u1", 0), {bytes.begin(), bytes.end()});
        here.answer(serve(here.file));
        REQUIRE(here.fetch().has_value());
        CHECK(here.last_request().first_byte == 0);
    }
}

TEST_CASE("a partial file with a second name is replaced, and the other name left alone") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    here.files.put("/elsewhere", pattern(10));
    REQUIRE(here.files.link("/elsewhere", here.partial()).has_value());
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.content("/elsewhere") == pattern(10));
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("a partial file of another owner is replaced") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    const auto foreign = here.files.put(here.partial(), pattern(10));
    foreign->owner = 666;
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.nodes.at(here.partial()) != foreign);
}

TEST_CASE("a link in place of the partial file is replaced") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    here.files.put(here.partial(), {}, FileInfo::Kind::link);
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.nodes.at(here.partial())->kind == FileInfo::Kind::file);
}

TEST_CASE("a partial file that is too long is started over") {
    Endpoint here;
    here.files.make_private_directory(here.layout.update("u1")).value();
    here.files.put(here.partial(), pattern(size + 1));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("the whole file in answer to a range is taken from its first byte, in the same connection") {
    Endpoint here;
    here.answer(cut_after(serve(pattern(size, 9)), 300'000));
    here.answer(serve(here.file, 0, "\"v2\""));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(fetched->attempts == 2);
    CHECK(here.files.content(here.partial()) == here.file);
}

TEST_CASE("an unsatisfiable range is followed at once by a request for the whole") {
    Endpoint here;
    here.answer(cut_after(serve(here.file), 300'000));
    here.answer(status(416));
    here.answer(serve(here.file));
    REQUIRE(here.fetch().has_value());
    CHECK(here.last_request().first_byte == 0);
    CHECK(here.channel.waits.size() == 1);
}

TEST_CASE("a changed ETag behind a part is followed at once by a request for the whole") {
    Endpoint here;
    here.answer(cut_after(serve(here.file), 300'000));
    here.answer(serve(here.file, 300'000, "\"v2\""));
    here.answer(serve(here.file, 0, "\"v2\""));
    const auto fetched = here.fetch();
    REQUIRE(fetched.has_value());
    CHECK(here.last_request().first_byte == 0);
    CHECK(fetched->network_bytes == 300'000 + size);
}

TEST_CASE("a weak ETag is not used in If-Range, the date is") {
    Endpoint here;
    auto first = cut_after(serve(here.file, 0, "W/\"v1\""), 300'000);
    first.head.last_modified = "Sat, 01 Nov 2025 10:00:00 GMT";
    here.answer(std::move(first));
    here.answer(serve(here.file, 300'000, "W/\"v1\""));
    REQUIRE(here.fetch().has_value());
    CHECK(here.last_request().if_range == "Sat, 01 Nov 2025 10:00:00 GMT");
}

}  // namespace update
