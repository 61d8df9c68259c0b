#include "ipc/message.hpp"

#include <doctest/doctest.h>
#include <string>

#include "ipc/access.hpp"

using namespace update;
using namespace update::ipc;

namespace {

Request full_request() {
    Request request;
    request.type = Type::confirm;
    request.update_id = "u-42.a_B";
    request.level = Level::acknowledged;
    request.agent_version = "1.2.3+ä";
    request.pid = 4711;
    request.connected = true;
    request.config.enabled = false;
    request.config.interval_seconds = 30;
    request.config.services = std::vector<std::string>{"tray", "cups"};
    request.config.processes = std::vector<std::string>{};
    return request;
}

ErrorCode request_error(const std::string& json) {
    const auto decoded = decode_request(json);
    REQUIRE_FALSE(decoded.has_value());
    return decoded.error().code();
}

}  // namespace

TEST_CASE("a request of every type survives encoding and decoding") {
    for (int type = 0; type <= static_cast<int>(Type::renew); ++type) {
        Request request = full_request();
        request.type = static_cast<Type>(type);
        CAPTURE(name(request.type));
        const auto decoded = decode_request(encode(request));
        REQUIRE(decoded.has_value());
        CHECK(*decoded == request);
    }
}

TEST_CASE("a request with only default values survives encoding and decoding") {
    const auto decoded = decode_request(encode(Request{}));
    REQUIRE(decoded.has_value());
    CHECK(*decoded == Request{});
}

TEST_CASE("replies survive encoding and decoding") {
    const Reply replies[] = {accepted(), accepted("under way"),
                             rejected(word::refused, "version is quarantined"),
                             Reply{protocol, true, "", "", R"({"agent":{"running":true},"n":[1,2]})"}};
    for (const Reply& reply : replies) {
        const auto decoded = decode_reply(encode(reply));
        REQUIRE(decoded.has_value());
        CHECK(*decoded == reply);
    }
}

TEST_CASE("messages of the previous and of the next protocol version are understood") {
    for (const char* v : {R"({"type":"Ping"})", R"({"v":0,"type":"Ping"})", R"({"v":2,"type":"Ping"})"})
        CHECK(decode_request(v).has_value());
    CHECK(decode_request(R"({"type":"Ping"})")->version == 0);
    CHECK(decode_reply(R"({"v":2,"ok":true})")->ok);
}

TEST_CASE("a protocol version further away is unsupported, not corrupt") {
    for (const char* v : {R"({"v":3,"type":"Ping"})", R"({"v":-1,"type":"Ping"})"})
        CHECK(request_error(v) == ErrorCode::unsupported);
    CHECK(decode_reply(R"({"v":3,"ok":true})").error().code() == ErrorCode::unsupported);
}

TEST_CASE("an unknown or missing type is unsupported") {
    CHECK(request_error(R"({"v":1,"type":"Reboot"})") == ErrorCode::unsupported);
    CHECK(request_error(R"({"v":1})") == ErrorCode::unsupported);
}

TEST_CASE("fields that this version does not know are ignored") {
    const auto decoded =
        decode_request(R"({"v":2,"type":"Cancel","update_id":"a","colour":{"r":[1]},"level":null})");
    REQUIRE(decoded.has_value());
    CHECK(decoded->update_id == "a");
}

TEST_CASE("a level that this version does not know proves life and nothing more") {
    const auto decoded = decode_request(R"({"v":2,"type":"Confirm","level":"certified"})");
    REQUIRE(decoded.has_value());
    CHECK(decoded->level == Level::alive);
}

TEST_CASE("an update id that could be a path is corrupt") {
    for (const char* id : {"../x", "a/b", ".hidden", "a b", "a\\\\b", "a\\u0000b",
                           "12345678901234567890123456789012345678901234567890123456789012345"}) {
        CAPTURE(id);
        CHECK(request_error(std::string{R"({"v":1,"type":"Cancel","update_id":")"} + id + "\"}") ==
              ErrorCode::corrupt);
    }
}

TEST_CASE("a service or process that is a path is corrupt") {
    for (const char* item : {"\"/bin/sh\"", "\"\"", "\"a\\nb\"", "7", "null", "[]"}) {
        CAPTURE(item);
        CHECK(request_error(std::string{R"({"v":1,"type":"UpdateConfig","config":{"services":[)"} + item +
                            "]}}") == ErrorCode::corrupt);
    }
}

TEST_CASE("a list of more than 64 names is corrupt") {
    Request request = full_request();
    request.config.services = std::vector<std::string>(64, "s");
    CHECK(decode_request(encode(request)).has_value());
    request.config.services->push_back("s");
    CHECK(request_error(encode(request)) == ErrorCode::corrupt);
}

TEST_CASE("the interval is raised to its minimum") {
    for (const char* seconds : {"4", "0", "-9223372036854775808"}) {
        const auto decoded = decode_request(
            std::string{R"({"v":1,"type":"UpdateConfig","config":{"interval_seconds":)"} + seconds + "}}");
        REQUIRE(decoded.has_value());
        CHECK(decoded->config.interval_seconds == interval_min_seconds);
    }
}

TEST_CASE("a field of the wrong type is corrupt") {
    for (const char* field : {R"("update_id":1)", R"("level":{})", R"("agent_version":[])", R"("pid":"1")",
                              R"("pid":1.5)", R"("pid":18446744073709551615)", R"("pid":1e400)",
                              R"("connected":1)", R"("config":[])", R"("config":{"enabled":"yes"})",
                              R"("config":{"interval_seconds":"5"})", R"("config":{"services":"tray"})"}) {
        CAPTURE(field);
        CHECK(request_error(std::string{R"({"v":1,"type":"Confirm",)"} + field + "}") == ErrorCode::corrupt);
    }
    CHECK(request_error(R"({"v":"1","type":"Ping"})") == ErrorCode::corrupt);
}

TEST_CASE("what is not a JSON object is corrupt") {
    for (const char* text :
         {"", " ", "null", "[]", "7", "\"x\"", "{", "{}{}", "{\"v\":1,}", "\xff\xfe", "{\"v\":1} x"}) {
        CAPTURE(text);
        CHECK(request_error(text) == ErrorCode::corrupt);
    }
    CHECK(request_error("{\"v\":1,\"type\":\"Ping\",\"agent_version\":\"\xc3\x28\"}") == ErrorCode::corrupt);
}

TEST_CASE("deep nesting is corrupt before it is built") {
    const std::string deep(30'000, '[');
    const std::string valid = deep + std::string(deep.size(), ']');
    CHECK(request_error(R"({"v":1,"type":"Ping","x":)" + valid + "}") == ErrorCode::corrupt);
    const std::string text = R"({"v":1,"type":"Ping","x":")" + deep + R"(\"["})";
    CHECK(decode_request(text).has_value());
}

TEST_CASE("text that is not UTF-8 is replaced when it is sent") {
    CHECK(decode_reply(encode(rejected(word::refused, "bad \xff byte"))).has_value());
}

TEST_CASE("a status that is not a JSON object becomes an honest error") {
    const auto decoded = decode_reply(encode(Reply{protocol, true, "", "", "not json"}));
    REQUIRE(decoded.has_value());
    CHECK(to_status(*decoded).error().code() == ErrorCode::bug);
}

TEST_CASE("the reply's word decides the reaction of the asker") {
    CHECK(to_status(accepted()).has_value());
    CHECK(to_status(rejected(word::busy, "")).error().code() == ErrorCode::retry_later);
    CHECK(to_status(rejected(word::unsupported, "")).error().code() == ErrorCode::unsupported);
    CHECK(to_status(rejected(word::permission, "")).error().code() == ErrorCode::permission);
    CHECK(to_status(rejected("brand-new", "")).error().code() == ErrorCode::refused);
}

TEST_CASE("only reading is open to everyone") {
    for (int i = 0; i <= static_cast<int>(Type::renew); ++i) {
        const auto type = static_cast<Type>(i);
        const bool reads = type == Type::ping || type == Type::status;
        CAPTURE(name(type));
        CHECK((access_needed(type) == Access::anyone) == reads);
    }
    CHECK(access_needed(Type::confirm) == Access::supervised);
}
