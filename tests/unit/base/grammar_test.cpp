#include "base/grammar.hpp"

#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "base/utc_text.hpp"

using namespace update;

TEST_CASE("an update id is a harmless folder name") {
    for (const auto* good : {"1", "u-42", "A_b.c", "-x"}) CHECK(is_update_id(good));
    CHECK(is_update_id(std::string(64, 'x')));
    const std::string nul{"a\0b", 3};
    for (const std::string& bad : {std::string{}, std::string(65, 'x'), std::string{"."}, std::string{".a"},
                                   std::string{"a."}, std::string{"a/b"}, std::string{"a\\b"},
                                   std::string{"a b"}, std::string{"a:b"}, std::string{"ä"}, nul}) {
        CAPTURE(bad);
        CHECK_FALSE(is_update_id(bad));
    }
}

TEST_CASE("a version text may be SemVer or what a distribution uses") {
    for (const auto* good : {"1", "1.2.3", "v1.2.3-rc.1+build", "1:9.2p1-2+deb12u7", "2.39.5-0+deb12u2",
                             "7.88.1~x", "unknown"}) {
        CAPTURE(good);
        CHECK(is_version_text(good));
    }
    CHECK(is_version_text(std::string(64, '1')));
}

TEST_CASE("a version text is neither path, option, quoting nor control sequence") {
    const std::string nul{"1\0", 2};
    for (const std::string& bad :
         {std::string{}, std::string(65, '1'), std::string{"1 2"}, std::string{"../1"}, std::string{"1/2"},
          std::string{"1\\2"}, std::string{"1\"2"}, std::string{"1'2"}, std::string{"1`2"}, std::string{"-1"},
          std::string{".."}, std::string{"1\n"}, std::string{"1\x1b[0m"}, std::string{"1ä"}, nul}) {
        CAPTURE(bad);
        CHECK_FALSE(is_version_text(bad));
    }
}

TEST_CASE("an install path is relative and normalised") {
    for (const auto* good : {"agent", "bin/agent", "share/ä/x.y", "a..b", ".hidden/x", "com", "com10",
                             "console", "updates", "lib/x86_64-linux-gnu/libfoo.so.1"}) {
        CAPTURE(good);
        CHECK(check_install_path(good));
    }
    CHECK(check_install_path(std::string(255, 'a')));
}

TEST_CASE("an install path that leaves the root, or means another file elsewhere, is refused") {
    const std::string nul{"a\0b", 3};
    std::string deep = "a";
    while (deep.size() <= 1024) deep += "/a";
    for (const std::string& bad : {std::string{},
                                   std::string{"/etc/passwd"},
                                   std::string{".."},
                                   std::string{"."},
                                   std::string{"a/../b"},
                                   std::string{"a/./b"},
                                   std::string{"a/.."},
                                   std::string{"../a"},
                                   std::string{"a//b"},
                                   std::string{"a/"},
                                   std::string{"/"},
                                   std::string{"a\\b"},
                                   std::string{"c:a"},
                                   std::string{"a:stream"},
                                   std::string{"a\nb"},
                                   std::string{"a\x7f"},
                                   std::string{"a."},
                                   std::string{"a /b"},
                                   std::string{"nul"},
                                   std::string{"bin/NUL.txt"},
                                   std::string{"COM1"},
                                   std::string{"lpt9.log"},
                                   std::string{"a*"},
                                   std::string{"a?"},
                                   std::string{"a|b"},
                                   std::string{"a<b"},
                                   std::string{"a\"b"},
                                   std::string{".update-1/x"},
                                   std::string{"bin/.update-1"},
                                   std::string{"bin/.UPDATE-1"},
                                   std::string(256, 'a'),
                                   std::string{"a/" + std::string(256, 'b') + "/c"},
                                   std::string{"a\xff"},
                                   std::string{"a\xc0\xaf"},
                                   deep,
                                   nul}) {
        CAPTURE(bad);
        const auto checked = check_install_path(bad);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code() == ErrorCode::refused);
    }
}

TEST_CASE("a URL names a scheme that can be fetched, a host, and no password") {
    for (const auto* good : {"https://h", "https://h:8443/a%20b?c=d#e", "http://127.0.0.1/x", "file:///srv/a",
                             "https://[::1]:1/@x"}) {
        CAPTURE(good);
        CHECK(check_url(good));
    }
    CHECK(check_url("https://h/" + std::string(2048 - 10, 'a')));
    for (const std::string& bad :
         {std::string{}, std::string{"h/a"}, std::string{"ftp://h/a"}, std::string{"HTTPS://h"},
          std::string{"https://"}, std::string{"https:///a"}, std::string{"https://:80/"},
          std::string{"https://u:p@h/"}, std::string{"https://u@h"}, std::string{"file://host/a"},
          std::string{"file:///"}, std::string{"file://"}, std::string{"https://h/a b"},
          std::string{"https://h/\r\nX: y"}, std::string{"https://h/ä"}, std::string{"https://h/\"q"},
          std::string{"javascript:alert(1)"}, "https://h/" + std::string(2048 - 9, 'a')}) {
        CAPTURE(bad);
        CHECK_FALSE(check_url(bad));
    }
}

TEST_CASE("UTF-8 is checked as RFC 3629 defines it") {
    for (const auto* good : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
        CHECK(is_utf8(good));
    for (const auto* bad : {"\x80", "\xc3", "\xc3(", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xf8", "\xff", "a\xe2\x82"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_utf8(bad));
    }
}

TEST_CASE("times are written in UTC, whatever the number") {
    CHECK(utc_text(0) == "1970-01-01 00:00:00 UTC");
    CHECK(utc_text(1'709'208'907'999) == "2024-02-29 12:15:07 UTC");
    CHECK(utc_text(-1) == "1970-01-01 00:00:00 UTC");
    CHECK(utc_text(std::numeric_limits<std::int64_t>::max()) == "9999-12-31 23:59:59 UTC");
}
