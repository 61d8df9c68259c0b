// What is hard to bring about over a real connection; the rest of the workflow is tests/conformance.
#include <doctest/doctest.h>

#include "unit/trust/client_world.hpp"

using namespace update;
using namespace update::test;
using trust::Json;
using trust::Trouble;

TEST_CASE("each kind of trouble has its class") {
    Endpoint endpoint;
    auto& repository = endpoint.repository;
    REQUIRE(endpoint.refresh() == Trouble::none);
    SUBCASE("nobody answers") {
        repository.intrude = [](const std::string&) {
            return Result<std::string>{Error{ErrorCode::retry_later, "cut"}};
        };
        CHECK(endpoint.refresh() == Trouble::unreachable);
    }
    SUBCASE("a captive portal redirects to itself") {
        repository.intrude = [](const std::string&) {
            return Result<std::string>{Error{ErrorCode::refused, "redirected from https to http"}};
        };
        CHECK(endpoint.refresh() == Trouble::unreachable);
    }
    SUBCASE("a byte now and then") {
        repository.intrude = [&endpoint](const std::string&) {
            endpoint.clock.awake += std::chrono::minutes{10};
            return Result<std::string>{"{"};
        };
        CHECK(endpoint.refresh() == Trouble::unreachable);
    }
    SUBCASE("more bytes than may be") {
        repository.intrude = [](const std::string&) {
            return Result<std::string>{Error{ErrorCode::corrupt, "endless"}};
        };
        CHECK(endpoint.refresh() == Trouble::tampered);
    }
    SUBCASE("a mirror that is behind") {
        repository.publish({"timestamp"});
        REQUIRE(endpoint.refresh() == Trouble::none);
        repository.restart("timestamp");
        repository.publish({"timestamp"});
        CHECK(endpoint.refresh() == Trouble::stale_mirror);
    }
    SUBCASE("a mirror that has only half of it") {
        repository.publish({"snapshot", "timestamp"});
        repository.served["snapshot"].clear();
        CHECK(endpoint.refresh() == Trouble::stale_mirror);
    }
    SUBCASE("a newer timestamp that names an older snapshot") {
        repository.publish({"snapshot", "timestamp"});
        REQUIRE(endpoint.refresh() == Trouble::none);
        repository.restart("snapshot");
        repository.publish({"snapshot", "timestamp"});
        CHECK(endpoint.refresh() == Trouble::rollback);
    }
    SUBCASE("other bytes than were signed") {
        repository.publish({"timestamp"});
        auto& text = repository.served["timestamp"].back();
        text.replace(text.find("2030"), 4, "2031");
        CHECK(endpoint.refresh() == Trouble::tampered);
    }
    SUBCASE("too old") {
        endpoint.clock.set("2030-01-01T00:00:00Z");
        CHECK(endpoint.refresh() == Trouble::expired);
    }
}

TEST_CASE("a clock from before the program was built does not revive what has expired") {
    Endpoint endpoint;
    endpoint.options.built_at = *trust::parse_date("2031-01-01T00:00:00Z");
    endpoint.clock.set("1970-01-01T00:00:00Z");
    CHECK(endpoint.refresh() == Trouble::clock_suspect);
}

TEST_CASE("a clock far in the future is suspected itself, and is no harm once it is right again") {
    Endpoint endpoint;
    endpoint.options.built_at = *trust::parse_date("2025-01-01T00:00:00Z");
    REQUIRE(endpoint.refresh() == Trouble::none);
    endpoint.clock.set("2099-01-01T00:00:00Z");
    CHECK(endpoint.refresh() == Trouble::clock_suspect);
    endpoint.clock.set("2026-01-02T00:00:00Z");
    CHECK(endpoint.refresh() == Trouble::none);
}

TEST_CASE("the time at which a trusted timestamp was signed is a lower bound that survives a dead clock") {
    Endpoint endpoint;
    endpoint.repository.documents["timestamp"].set("x-signed-at", Json{"2029-12-31T00:00:00Z"});
    endpoint.repository.publish({"timestamp"});
    endpoint.clock.set("2029-12-31T00:00:00Z");
    REQUIRE(endpoint.refresh() == Trouble::none);
    endpoint.repository.documents["targets"].set("expires", Json{"2029-06-01T00:00:00Z"});
    endpoint.repository.publish_all();
    endpoint.clock.set("1970-01-01T00:00:00Z");
    CHECK(endpoint.refresh() == Trouble::clock_suspect);
}

TEST_CASE("a timestamp that claims to be signed far in the future makes nothing expire") {
    Endpoint endpoint;
    const auto claim = [&](const char* signed_at, const char* expires) {
        endpoint.repository.documents["timestamp"].set("x-signed-at", Json{signed_at});
        endpoint.repository.documents["timestamp"].set("expires", Json{expires});
        endpoint.repository.publish({"timestamp"});
        CHECK(endpoint.refresh() == Trouble::none);
        endpoint.repository.publish({"timestamp"});
        return endpoint.refresh();
    };
    SUBCASE("our own clock knows better") {
        endpoint.options.built_at = *trust::parse_date("2025-06-01T00:00:00Z");
        CHECK(claim("2099-01-01T00:00:00Z", "2099-02-01T00:00:00Z") == Trouble::none);
        CHECK(endpoint.client().store().floor().time == WallTime{});
    }
    SUBCASE("our clock is dead, and it lies beyond its own expiry") {
        endpoint.options.built_at = *trust::parse_date("2025-06-01T00:00:00Z");
        endpoint.clock.set("1970-01-01T00:00:00Z");
        CHECK(claim("2099-01-01T00:00:00Z", "2029-01-01T00:00:00Z") == Trouble::none);
    }
}

TEST_CASE("what a withdrawn timestamp key said of the time is forgotten with the key") {
    Endpoint endpoint;
    endpoint.options.built_at = *trust::parse_date("2025-06-01T00:00:00Z");
    endpoint.clock.set("1970-01-01T00:00:00Z");
    auto& timestamp = endpoint.repository.documents["timestamp"];
    timestamp.set("x-signed-at", Json{"2099-01-01T00:00:00Z"});
    timestamp.set("expires", Json{"2099-02-01T00:00:00Z"});
    endpoint.repository.publish({"timestamp"});
    REQUIRE(endpoint.refresh() == Trouble::none);
    REQUIRE(endpoint.refresh() == Trouble::clock_suspect);  // by it, the root has expired
    endpoint.clock.set("2026-01-01T00:00:00Z");
    timestamp.set("x-signed-at", Json{"2026-01-01T00:00:00Z"});
    endpoint.repository.rotate("timestamp", signer(20));
    endpoint.repository.publish({"root", "timestamp"});
    CHECK(endpoint.refresh() == Trouble::none);
    CHECK(endpoint.client().store().floor().time == *trust::parse_date("2026-01-01T00:00:00Z"));
}

TEST_CASE("a failed refresh leaves the stored files of later roles as they were") {
    Endpoint endpoint;
    REQUIRE(endpoint.refresh() == Trouble::none);
    const auto before = endpoint.stored("targets");
    endpoint.repository.publish_all();
    endpoint.repository.intrude = [](const std::string& path) -> std::optional<Result<std::string>> {
        if (path.find("targets") == std::string::npos) return std::nullopt;
        return Result<std::string>{Error{ErrorCode::retry_later, "cut"}};
    };
    CHECK(endpoint.refresh() == Trouble::unreachable);
    CHECK(endpoint.stored("targets") == before);
}

TEST_CASE("a damaged root falls back to the history, then to the embedded root, and heals") {
    Endpoint endpoint;
    endpoint.repository.publish({"root"});
    REQUIRE(endpoint.refresh() == Trouble::none);
    endpoint.damage("root.json");
    SUBCASE("history") {}
    SUBCASE("newest of the history damaged, too") { endpoint.damage("roots/2.root.json"); }
    SUBCASE("embedded") {
        endpoint.damage("roots/1.root.json");
        endpoint.damage("roots/2.root.json");
        CHECK(endpoint.refresh() == Trouble::tampered);
        endpoint.options.embedded_root = endpoint.repository.first_root();
    }
    CHECK(endpoint.refresh() == Trouble::none);
    CHECK(endpoint.stored("root") == endpoint.repository.latest("root"));
}

TEST_CASE("a repository that hides roots which were trusted before is refused") {
    Endpoint endpoint;
    endpoint.repository.publish({"root"});
    REQUIRE(endpoint.refresh() == Trouble::none);
    endpoint.damage("root.json");
    endpoint.damage("roots/2.root.json");
    endpoint.repository.intrude = [](const std::string& path) -> std::optional<Result<std::string>> {
        if (path.find("2.root.json") == std::string::npos) return std::nullopt;
        return Result<std::string>{Error{ErrorCode::not_found, "hidden"}};
    };
    CHECK(endpoint.refresh() != Trouble::none);
}

TEST_CASE("the rollback floor holds when the stored files are gone") {
    Endpoint endpoint;
    auto& repository = endpoint.repository;
    repository.publish_all();
    REQUIRE(endpoint.refresh() == Trouble::none);
    for (const auto* role : {"timestamp", "snapshot", "targets"})
        endpoint.damage(std::string{role} + ".json");
    SUBCASE("timestamp") {
        repository.restart("timestamp");
        repository.publish({"timestamp"});
        CHECK(endpoint.refresh() == Trouble::stale_mirror);
    }
    SUBCASE("snapshot") {
        repository.restart("snapshot");
        repository.publish({"snapshot", "timestamp"});
        CHECK(endpoint.refresh() == Trouble::rollback);
    }
    SUBCASE("targets") {
        repository.restart("targets");
        repository.publish_all();
        CHECK(endpoint.refresh() == Trouble::rollback);
    }
    SUBCASE("nothing went backwards") { CHECK(endpoint.refresh() == Trouble::none); }
}

TEST_CASE("honest older files put into the store open no way back, whatever mirror serves the same") {
    Endpoint endpoint;
    auto& repository = endpoint.repository;
    REQUIRE(endpoint.refresh() == Trouble::none);
    std::map<std::string, std::string> old;
    for (const auto* role : {"timestamp", "snapshot", "targets"}) old[role] = endpoint.stored(role);
    const auto etag = endpoint.client().store().etag();
    repository.publish_all();
    REQUIRE(endpoint.refresh() == Trouble::none);
    const auto floor = endpoint.client().store().floor();
    for (const auto& [role, text] : old) {
        const auto bytes = std::as_bytes(std::span{text});
        endpoint.files.put("/store/" + role + ".json", {bytes.begin(), bytes.end()});
    }
    repository.intrude = [&old](const std::string& path) -> std::optional<Result<std::string>> {
        for (const auto& [role, text] : old)
            if (path.find(role) != std::string::npos) return Result<std::string>{text};
        return std::nullopt;
    };
    CHECK(endpoint.refresh() == Trouble::stale_mirror);
    REQUIRE(endpoint.client().store().write_etag(etag));
    auto client = endpoint.client();
    CHECK_FALSE(client.refresh_if_changed());
    CHECK(endpoint.client().store().floor() == floor);
    repository.intrude = {};
    CHECK(endpoint.refresh() == Trouble::none);
}

TEST_CASE("an accepted update of withdrawn keys' roles survives a crash before the floor was written") {
    Endpoint endpoint;
    auto& repository = endpoint.repository;
    for (int i = 0; i < 5; ++i) repository.publish({"snapshot", "timestamp"});
    REQUIRE(endpoint.refresh() == Trouble::none);
    const auto floor = endpoint.files.content("/store/floor");
    repository.rotate("timestamp", signer(20));
    repository.rotate("snapshot", signer(21));
    repository.restart("snapshot");
    repository.restart("timestamp");
    repository.publish({"root", "snapshot", "timestamp"});
    REQUIRE(endpoint.refresh() == Trouble::none);
    endpoint.files.put("/store/floor", floor);  // as if the last write had not happened
    CHECK(endpoint.refresh() == Trouble::none);
}

TEST_CASE(
    "a withdrawn snapshot key voids the stored snapshot even when its replacement comes a refresh later") {
    Endpoint endpoint;
    auto& repository = endpoint.repository;
    repository.authorise("snapshot",
                         signer(22));  // one of two keys stays valid: only the rotation voids the file
    for (int i = 0; i < 3; ++i) repository.publish({"targets"});
    repository.publish({"root", "snapshot", "timestamp"});
    REQUIRE(endpoint.refresh() == Trouble::none);
    repository.rotate("snapshot", signer(22));
    repository.restart("targets");
    repository.publish({"root", "targets", "snapshot", "timestamp"});
    bool cut = true;
    repository.intrude = [&cut](const std::string& path) -> std::optional<Result<std::string>> {
        if (!cut || path.find("snapshot") == std::string::npos) return std::nullopt;
        return Result<std::string>{Error{ErrorCode::retry_later, "cut"}};
    };
    REQUIRE(endpoint.refresh() == Trouble::unreachable);
    cut = false;
    CHECK(endpoint.refresh() == Trouble::none);
}

TEST_CASE("a role that is reached through two delegators is verified by the keys of each") {
    Endpoint endpoint;
    auto& repository = endpoint.repository;
    repository.delegate("targets", "a", "a/*", signer(30));
    repository.delegate("targets", "b", "b/*", signer(31));
    repository.delegate("a", "shared", "a/*", signer(32));
    repository.delegate("b", "shared", "b/*", signer(33));
    repository.signers["shared"].pop_back();  // b's key did not sign
    repository.add("shared", "a/file", "A");
    repository.add("shared", "b/file", "B");
    repository.publish({"shared", "a", "b", "targets", "snapshot", "timestamp"});
    auto client = endpoint.client();
    REQUIRE(client.refresh());
    CHECK(client.find("a/file"));
    const auto refused = client.find("b/file");
    REQUIRE_FALSE(refused);
    CHECK(trust::trouble_of(refused.error()) == Trouble::tampered);
    CHECK(client.find("a/file"));
}

TEST_CASE("somebody who asks to stop is heard between two pieces") {
    Endpoint endpoint;
    endpoint.options.cancel = [] { return Status{Error{ErrorCode::cancelled, "stop"}}; };
    const auto status = endpoint.client().refresh();
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == ErrorCode::cancelled);
}

TEST_CASE("lengths around 2^31 and 2^32 are compared in full") {
    Endpoint endpoint;
    for (const std::int64_t length :
         {std::int64_t{1} << 31, std::int64_t{1} << 32, (std::int64_t{1} << 32) + 4}) {
        endpoint.repository.add("targets", "file", "data");
        change(endpoint.repository.documents["targets"], {"targets", "file"},
               [&](Json& file) { file.set("length", Json{length}); });
        endpoint.repository.publish_all();
        auto client = endpoint.client();
        REQUIRE(client.refresh());
        const auto target = client.find("file");
        REQUIRE(target);
        CHECK(target->length == length);
        CHECK_FALSE(client.download("file", *target, "/downloads"));
        CHECK_FALSE(endpoint.files.exists("/downloads/file"));
    }
}

TEST_CASE("a poll asks once while nothing is new, and for everything as soon as something is") {
    Endpoint endpoint;
    auto& requests = endpoint.repository.requests;
    const auto poll = [&] {
        requests.clear();
        auto client = endpoint.client();
        const auto status = client.refresh_if_changed();
        return status ? trust::name(Trouble::none) : trust::name(trust::trouble_of(status.error()));
    };
    const std::vector<std::string> once{"metadata/timestamp.json"};
    CHECK(poll() == "none");
    CHECK(requests.size() == 4);
    CHECK(poll() == "none");
    CHECK(requests == once);
    SUBCASE("something new") {
        endpoint.repository.publish_all();
        CHECK(poll() == "none");
        CHECK(requests.size() > 4);
        CHECK(poll() == "none");
        CHECK(requests == once);
    }
    SUBCASE("something damaged") {
        endpoint.damage("targets.json");
        CHECK(poll() == "none");
        CHECK(endpoint.stored("targets") == endpoint.repository.latest("targets"));
    }
    SUBCASE("something expired") {
        endpoint.clock.set("2030-01-01T00:00:00Z");
        CHECK(poll() == "expired");
    }
}
