#include <doctest/doctest.h>

#include "crypto/openssl_cryptography.hpp"
#include "trust/delegation.hpp"
#include "trust/floor.hpp"
#include "trust/instant.hpp"
#include "trust/names.hpp"
#include "trust/source.hpp"

using namespace update;
using namespace update::trust;

TEST_CASE("dates have one form, and only days that exist") {
    for (const auto* good : {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T00:00:00Z"}) {
        const auto date = parse_date(good);
        REQUIRE(date);
        CHECK(date_text(*date) == good);
    }
    for (const auto* bad :
         {"2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
          "2024-01-01T00:00:60Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+00:00",
          "2024-01-01T00:00:00.5Z", "2024-1-01T00:00:00Z", "", "2024-01-01T00:00:00z", " 024-01-01T00:00:00Z",
          "-024-01-01T00:00:00Z"})
        CHECK_FALSE(parse_date(bad));
}

TEST_CASE("patterns match segment by segment") {
    const auto matches = [](const char* path, const char* pattern) { return matches_pattern(path, pattern); };
    CHECK(matches("releases/x/x_v1", "releases/*/*"));
    CHECK(matches("foo.tgz", "foo?tgz"));
    CHECK(matches("a.b.c", "*.c"));
    CHECK(matches(".hidden", "*"));
    CHECK(matches("file-b", "file-[a-c]"));
    CHECK(matches("file-d", "file-[!a-c]"));
    CHECK(matches("é", "?"));
    CHECK(matches("[", "["));
    CHECK(matches("aaaa", "a*a"));
    CHECK(matches("", "*"));
    CHECK_FALSE(matches("releases/x/y/z", "releases/*/*"));
    CHECK_FALSE(matches("releases/x", "releases/*/*"));
    CHECK_FALSE(matches("a/b", "*"));
    CHECK_FALSE(matches("a/b", "a?b"));
    CHECK_FALSE(matches("a/b", "a[/]b"));
    CHECK_FALSE(matches("file-b", "file-[!a-c]"));
    CHECK_FALSE(matches("A", "a"));
    CHECK_FALSE(matches("/a", "a"));
    CHECK_FALSE(matches("ab", "a"));
    CHECK_FALSE(matches("a", "ab"));
}

TEST_CASE("a pattern of many stars does not cost exponential time") {
    std::string pattern;
    for (int i = 0; i < 2000; ++i) pattern += "a*";
    CHECK_FALSE(matches_pattern(std::string(4000, 'a') + "c", pattern + "b"));
}

TEST_CASE("hash bins are named by the first bits of the path's digest") {
    OpensslCryptography crypto;
    Delegations delegations;
    delegations.succinct.emplace();
    delegations.succinct->name_prefix = "bin";
    const auto bin = [&](unsigned bits, const char* path) {
        delegations.succinct->bit_length = bits;
        return delegates_for(crypto, delegations, path).at(0).name;
    };
    // sha256("bar") begins with fc
    CHECK(bin(1, "bar") == "bin-1");
    CHECK(bin(5, "bar") == "bin-1f");
    CHECK(bin(8, "bar") == "bin-fc");
    CHECK(bin(9, "bar") == "bin-1f9");
    CHECK(bin(32, "bar") == "bin-fcde2b2e");
}

TEST_CASE("only bins that exist are delegated to, under the one name that they have") {
    Delegations delegations;
    delegations.succinct.emplace();
    delegations.succinct->name_prefix = "bin";
    delegations.succinct->bit_length = 5;
    CHECK(role_keys(delegations, "bin-1f") != nullptr);
    for (const auto* no :
         {"bin-20", "bin-1F", "bin-f", "bin-01f", "bin1f", "bin-", "other-1f", "bin-+1", "bin--1"})
        CHECK(role_keys(delegations, no) == nullptr);
}

TEST_CASE("role names become one segment of a URL, target names keep their segments") {
    const Address address{"http://host/metadata//", "http://host/targets"};
    CHECK(metadata_url(address, "../a b", 7) == "http://host/metadata/7...%2Fa%20b.json");
    CHECK(metadata_url(address, "timestamp", std::nullopt) == "http://host/metadata/timestamp.json");
    CHECK(target_url(address, "dir/file v1?x#y", "abc") == "http://host/targets/dir/abc.file%20v1%3Fx%23y");
    CHECK(target_url(address, "file%20v1%zz", "") == "http://host/targets/file%20v1%25zz");
}

TEST_CASE("names of files stay within one folder, fit, and differ when the texts do") {
    for (const std::string& text : std::vector<std::string>{"..", ".", "../../etc/passwd", "/", "a/b", "%",
                                                            "\\", "con:", std::string(1000, 'x')}) {
        const auto name = file_name(text, std::string(64, 'd'));
        CHECK(name.find_first_of("/\\:") == std::string::npos);
        CHECK_FALSE(name.starts_with('.'));
        CHECK(name.size() <= 200);
    }
    CHECK(file_name("a/b", "") != file_name("a%2Fb", ""));
    CHECK(file_name(std::string(300, 'x'), "1") != file_name(std::string(300, 'x'), "2"));
}

TEST_CASE("the rollback floor is read back as it was written, and anything else is refused") {
    Floor floor;
    floor.root = 3;
    floor.timestamp = 1'000'000'000'000;
    floor.snapshot = 5;
    floor.targets = {{"targets", 4}, {"../x", 9}};
    floor.timestamp_keys = {"aa", "bb"};
    floor.snapshot_void = true;
    floor.time = *parse_date("2026-01-01T00:00:00Z");
    const auto again = parse_floor(to_json(floor));
    REQUIRE(again);
    CHECK(*again == floor);
    for (const auto* bad : {"", "{}", "null", "{\"root\": -1}"}) CHECK_FALSE(parse_floor(bad));
}
