#include "os/registry.hpp"

#include <doctest/doctest.h>

#include "os/event_log.hpp"

using namespace update;

TEST_CASE("texts are read as they were written, also beyond ASCII") {
    const std::string path = R"(SOFTWARE\libupdate-test\inner)";
    const auto key = RegistryKey::create(path);
    REQUIRE(key);
    REQUIRE(key->write("server", "wss://höst/agent"));
    REQUIRE(key->write("number", 7U));
    REQUIRE(key->flush());
    const auto again = RegistryKey::open(path);
    REQUIRE(again);
    CHECK(again->read("server").value_or(std::nullopt) == std::optional<std::string>{"wss://höst/agent"});
    CHECK_FALSE(again->read("absent").value_or("something"));
    const auto number = again->read("number");
    REQUIRE_FALSE(number);
    CHECK(number.error().code() == ErrorCode::corrupt);
    REQUIRE(RegistryKey::remove(R"(SOFTWARE\libupdate-test)"));
    CHECK(RegistryKey::remove(R"(SOFTWARE\libupdate-test)"));
    const auto gone = RegistryKey::open(path);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code() == ErrorCode::not_found);
}

TEST_CASE("a text with a zero inside is refused, not cut") {
    const auto key = RegistryKey::create(R"(SOFTWARE\libupdate-test)");
    REQUIRE(key);
    const auto written = key->write("value", std::string{"a\0b", 3});
    REQUIRE_FALSE(written);
    CHECK(written.error().code() == ErrorCode::refused);
    REQUIRE(RegistryKey::remove(R"(SOFTWARE\libupdate-test)"));
}

TEST_CASE("a source of events is registered with the texts of its events, and vanishes") {
    const std::string path = R"(SYSTEM\CurrentControlSet\Services\EventLog\Application\libupdate-test)";
    REQUIRE(register_event_source("libupdate-test"));
    const auto key = RegistryKey::open(path);
    REQUIRE(key);
    CHECK(key->read("EventMessageFile").value_or(std::nullopt).value_or("").ends_with("EventCreate.exe"));
    const auto log = EventLog::open("libupdate-test");
    REQUIRE(log);
    (*log)->report(EventLevel::warning, "a line");
    REQUIRE(unregister_event_source("libupdate-test"));
    CHECK_FALSE(RegistryKey::open(path));
}
