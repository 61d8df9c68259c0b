#include "session/codec.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace update;
using namespace update::session;

namespace {

const std::string key = "k3y-that-must-not-be-seen";

Auth sample_auth() {
    Auth auth;
    auth.agent_id = "agent-7";
    auth.key = Secret{key};
    auth.version = "1.2.3";
    auth.build_id = "b-1";
    auth.artifacts = {{"bin/agent", std::string(64, 'a')}, {"etc/x", std::string(64, 'b')}};
    auth.open_update = "u-1";
    return auth;
}

std::vector<Message> samples() {
    return {sample_auth(),
            AuthAck{1'700'000'000'000, true, "u-1"},
            AuthAck{1, false, ""},
            AuthReject{"unknown key"},
            ConfigUpdate{true, std::chrono::seconds{30}},
            ConfigUpdate{},
            Heartbeat{"b-1", "1.2.3"},
            HeartbeatAck{},
            Offer{{"u-2", "agent", "beta", "1.2.4"}},
            Offer{{"u-2", "agent", "", "1.2.4"}},
            ProgressReport{"u-2", "downloading", 10'000'000'000, 18'446'744'073'709'551'615u},
            OutcomeReport{R"({"ending":"committed","update_id":"u-2"})"},
            OutcomeAck{"u-2"}};
}

ErrorCode code_of(const std::string& text) {
    const auto decoded = decode(text);
    REQUIRE_FALSE(decoded.has_value());
    return decoded.error().code();
}

}  // namespace

TEST_CASE("every message survives encoding and decoding") {
    for (const Message& message : samples()) {
        const auto text = encode(message);
        REQUIRE(text.has_value());
        const auto again = decode(*text);
        REQUIRE_MESSAGE(again.has_value(), again.error().message());
        CHECK_MESSAGE(*again == message, *text);
    }
}

TEST_CASE("an older server's auth_ack is read as one that confirms nothing") {
    const auto ack = decode(R"({"type":"auth_ack","server_time_unix_ms":5})");
    REQUIRE(ack.has_value());
    CHECK(std::get<AuthAck>(*ack) == AuthAck{5, false, ""});
}

TEST_CASE("unknown fields are ignored") {
    const auto ack = decode(R"({"type":"outcome_ack","update_id":"u-1","later":{"x":[1,2]}})");
    REQUIRE(ack.has_value());
    CHECK(std::get<OutcomeAck>(*ack).update_id == "u-1");
}

TEST_CASE("an unknown type is told apart from a broken message") {
    CHECK(code_of(R"({"type":"teleport"})") == ErrorCode::unsupported);
    CHECK(code_of(R"({"type":7})") == ErrorCode::corrupt);
    CHECK(code_of(R"({})") == ErrorCode::corrupt);
}

TEST_CASE("a known field of the wrong type, size or form is refused") {
    for (
        const char* text : {
            R"({"type":"heartbeat","build_id":1,"version":"1"})",
            R"({"type":"heartbeat","version":"1"})",
            R"({"type":"auth_ack","server_time_unix_ms":"5"})",
            R"({"type":"auth_ack","server_time_unix_ms":5.5})",
            R"({"type":"auth_ack","server_time_unix_ms":-5})",
            R"({"type":"auth_ack","server_time_unix_ms":18446744073709551615})",
            R"({"type":"auth_ack","server_time_unix_ms":5,"confirms_updates":1})",
            R"({"type":"auth_ack","server_time_unix_ms":5,"update_confirmed":"../x"})",
            R"({"type":"progress","update_id":"u","state":"s","bytes":-1,"total":1})",
            R"({"type":"progress","update_id":"","state":"s","bytes":1,"total":1})",
            R"({"type":"config_update","policy":{"heartbeat_seconds":0}})",
            R"({"type":"config_update","policy":{"auto_update":"yes"}})",
            R"({"type":"config_update"})",
            R"({"type":"offer","plan":{"update_id":"u-1","version":"1.2.4"}})",
            R"({"type":"offer","update_id":"u-1","product":"agent"})",
            R"({"type":"offer","update_id":"u-1","product":"../agent","version":"1.2.4"})",
            R"({"type":"offer","update_id":"u-1","product":"agent","channel":"a/b","version":"1.2.4"})",
            R"({"type":"outcome","outcome":[]})",
            R"({"type":"outcome_ack","update_id":".hidden"})",
            R"({"type":"auth","protocol":1,"agent_id":"a b","key":"k","version":"1","build_id":"b"})",
            R"({"type":"auth","protocol":0,"agent_id":"a","key":"k","version":"1","build_id":"b"})",
            R"({"type":"auth","protocol":1,"agent_id":"a","key":"k","version":"1","build_id":"b","artifacts":{"x":1}})",
        })
        CHECK_MESSAGE(code_of(text) == ErrorCode::corrupt, text);
}

TEST_CASE("text that is not one JSON object is refused") {
    for (const char* text :
         {"", "null", "[]", "\"x\"", "{", "{}x", "{\"type\":\"heartbeat_ack\"}{}", "\xff\xfe", "nan"})
        CHECK_MESSAGE(code_of(text) == ErrorCode::corrupt, text);
}

TEST_CASE("a message above 256 KiB is refused in both directions") {
    const std::string filler(message_max_bytes, 'x');
    CHECK(code_of(R"({"type":"heartbeat_ack","x":")" + filler + "\"}") == ErrorCode::corrupt);
    const auto text =
        encode(OutcomeReport{R"({"message":")" + std::string(message_max_bytes - 20, 'x') + "\"}"});
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().code() == ErrorCode::refused);
}

TEST_CASE("nesting beyond any use is refused before it is parsed") {
    CHECK(code_of(R"({"type":"offer","plan":{"x":)" + std::string(100'000, '[') + std::string(100'000, ']') +
                  "}}") == ErrorCode::corrupt);
}

TEST_CASE("brackets inside of strings do not count as nesting") {
    CHECK(decode(R"({"type":"heartbeat_ack","x":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})")
              .has_value());
}

TEST_CASE("a carried outcome that is not a JSON object is not sent") {
    CHECK_FALSE(encode(OutcomeReport{"not json"}).has_value());
    CHECK_FALSE(encode(OutcomeReport{"[]"}).has_value());
}

TEST_CASE("an offer says nothing about files, whatever a server writes into it") {
    const auto offer =
        decode(R"({"type":"offer","update_id":"u-1","product":"agent","version":"1.2.4",)"
               R"("artifacts":[{"urls":["https://evil.example/x"]}],"plan":{"artifacts":[]}})");
    REQUIRE(offer.has_value());
    CHECK(std::get<Offer>(*offer) == Offer{{"u-1", "agent", "", "1.2.4"}});
}

TEST_CASE("a text that is not UTF-8 is an error, not an exception") {
    const auto text = encode(AuthReject{"\xff"});
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().code() == ErrorCode::corrupt);
}

TEST_CASE("the key is in no description") { CHECK(describe(sample_auth()).find(key) == std::string::npos); }

TEST_CASE("the key is in no error message, whatever is wrong with the message around it") {
    const std::string good = *encode(sample_auth());
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (int i = 0; i < 20'000; ++i) {
        std::string text = good;
        const auto at = random() % text.size();
        const auto begin = good.find(key);
        if (at >= begin && at < begin + key.size()) continue;
        text[at] = static_cast<char>(random());
        const auto decoded = decode(text);
        if (!decoded) CHECK(decoded.error().message().find(key) == std::string::npos);
    }
}

TEST_CASE("an oversized key is refused without being quoted") {
    Auth auth = sample_auth();
    auth.key = Secret{key + std::string(1'000, 'x')};
    const auto decoded = decode(*encode(auth));
    REQUIRE_FALSE(decoded.has_value());
    CHECK(decoded.error().message().find(key) == std::string::npos);
}

TEST_CASE("a peer cannot write lines of its own into the log") {
    CHECK(describe(AuthReject{"a\nauth_ack\r\x1b[2J"}).find_first_of("\n\r\x1b") == std::string::npos);
}

TEST_CASE("random damage never gets past the codec as an exception") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (const Message& message : samples())
        for (int i = 0; i < 2'000; ++i) {
            std::string text = *encode(message);
            for (int n = 0; n < 3; ++n) text[random() % text.size()] = static_cast<char>(random());
            if (const auto decoded = decode(text)) CHECK_FALSE(describe(*decoded).empty());
        }
}

TEST_CASE("an alert survives encoding and decoding, and needs an agent") {
    const Alert alert{"agent-7", "held", "restart budget used up", 5};
    const auto again = decode_alert(*encode_alert(alert));
    REQUIRE(again.has_value());
    CHECK(*again == alert);
    CHECK_FALSE(decode_alert(R"({"kind":"held","message":"x"})").has_value());
}
