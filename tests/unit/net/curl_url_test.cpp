#include "net/curl_url.hpp"

#include <doctest/doctest.h>

namespace update {

TEST_CASE("a path is not normalised") {
    CHECK(parse_url("https://dl.example/a/../b/./%2e%2e/c")->text == "https://dl.example/a/../b/./%2e%2e/c");
}

TEST_CASE("scheme and host are told apart from user information") {
    const auto url = parse_url("HTTPS://user:secret@dl.example:8443/a");
    REQUIRE(url.has_value());
    CHECK(url->scheme == "https");
    CHECK(url->host == "dl.example");
}

TEST_CASE("what is not an absolute URL is refused, without repeating it") {
    for (const char* text : {"", "/path", "user:secret@", "https://", "https://a b/", "https://[::1/"}) {
        CAPTURE(text);
        const auto url = parse_url(text);
        REQUIRE_FALSE(url.has_value());
        CHECK(url.error().code() == ErrorCode::refused);
        CHECK(url.error().message().find("secret") == std::string::npos);
    }
}

TEST_CASE("a redirect may be relative or absolute") {
    const auto base = parse_url("https://dl.example/a/b").value();
    CHECK(resolve_url(base, "/c")->text == "https://dl.example/c");
    CHECK(resolve_url(base, "c")->text == "https://dl.example/a/c");
    CHECK(resolve_url(base, "//other.example/c")->text == "https://other.example/c");
    CHECK(resolve_url(base, "http://other.example/c")->scheme == "http");
}

TEST_CASE("user information is taken out of texts that quote URLs") {
    CHECK(without_user_info("cannot reach https://user:se@cret@dl.example/a") ==
          "cannot reach https://dl.example/a");
    CHECK(without_user_info("'http://u:p@one/' and 'http://u:p@two'") == "'http://one/' and 'http://two'");
    CHECK(without_user_info("mail a@b.example // nothing") == "mail a@b.example // nothing");
}

}  // namespace update
