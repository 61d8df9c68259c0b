#include <doctest/doctest.h>
#include <random>
#include <unistd.h>

#include "api_client.hpp"

using namespace server_test;

namespace {

std::string random_bytes(std::size_t count) {
    const unsigned seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937 random{seed};
    std::string bytes(count, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
}

struct Setup {
    ServerProcess server;
    void put(const std::string& name, const std::string& content) const {
        server.files().write("repository/targets/agent/" + name, content);
    }
    Reply get(const std::string& name, const std::vector<std::string>& headers = {}) const {
        return request(server, "GET", "/targets/agent/" + name, headers);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Setup, "an artifact of several chunks arrives whole") {
    const std::string content = random_bytes(3'000'001);
    put("agent-linux-x64-1.1", content);
    const Reply reply = get("agent-linux-x64-1.1");
    CHECK(reply.status == 200);
    CHECK(reply.headers.at("content-length") == "3000001");
    CHECK(reply.headers.at("accept-ranges") == "bytes");
    CHECK((reply.body == content));
}

TEST_CASE_FIXTURE(Setup, "HEAD says what GET would say, without the body") {
    put("x", "hello");
    const Reply head = request(server, "HEAD", "/targets/agent/x"), get_reply = get("x");
    CHECK(head.status == 200);
    CHECK(head.headers == get_reply.headers);
    CHECK(head.body.empty());
}

TEST_CASE_FIXTURE(Setup, "the ETag is strong, depends on the content alone and changes with it") {
    put("x", "hello");
    put("y", "hello");
    const std::string etag = get("x").headers.at("etag");
    CHECK(etag == "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"");
    CHECK(get("y").headers.at("etag") == etag);
    put("x", "world");
    CHECK(get("x").headers.at("etag") != etag);
}

TEST_CASE_FIXTURE(Setup, "a cut download is resumed where it stopped") {
    const std::string content = random_bytes(1'000'000);
    put("x", content);
    const std::string etag = get("x").headers.at("etag");
    const Reply rest = get("x", {"Range: bytes=400000-", "If-Range: " + etag});
    CHECK(rest.status == 206);
    CHECK(rest.headers.at("content-range") == "bytes 400000-999999/1000000");
    CHECK((rest.body == content.substr(400'000)));
}

TEST_CASE_FIXTURE(Setup, "a download that was resumed after the artifact changed starts from zero") {
    put("x", "hello");
    const std::string etag = get("x").headers.at("etag");
    put("x", "world!");
    const Reply whole = get("x", {"Range: bytes=2-", "If-Range: " + etag});
    CHECK(whole.status == 200);
    CHECK(whole.body == "world!");
}

TEST_CASE_FIXTURE(Setup, "every form of a single range is answered") {
    put("x", "0123456789");
    const auto body = [&](const std::string& range) { return get("x", {"Range: bytes=" + range}).body; };
    CHECK(body("0-0") == "0");
    CHECK(body("2-4") == "234");
    CHECK(body("7-") == "789");
    CHECK(body("7-18446744073709551615") == "789");
    CHECK(body("-3") == "789");
    CHECK(body("-30") == "0123456789");
    for (const char* bad : {"4-2", "x-", "1", "-", "1-2,4-5", "+1-2", "18446744073709551616-"}) {
        const Reply whole = get("x", {std::string{"Range: bytes="} + bad});
        CHECK_MESSAGE(whole.status == 200, bad);
        CHECK(whole.body == "0123456789");
    }
}

TEST_CASE_FIXTURE(Setup, "a range behind the end is refused with the true size") {
    put("x", "0123456789");
    for (const char* range : {"bytes=10-", "bytes=99-100", "bytes=-0"}) {
        const Reply refused = get("x", {std::string{"Range: "} + range});
        CHECK_MESSAGE(refused.status == 416, range);
        CHECK(refused.headers.at("content-range") == "bytes */10");
        CHECK(refused.body.empty());
    }
}

TEST_CASE_FIXTURE(Setup, "an empty artifact is an artifact") {
    put("x", "");
    CHECK(get("x").status == 200);
    CHECK(get("x").headers.at("content-length") == "0");
}

TEST_CASE_FIXTURE(Setup, "nothing outside of the artifacts can be had") {
    server.files().write("secret", "secret");
    REQUIRE(::symlink("../../../secret", server.files().path("repository/targets/agent/link").c_str()) == 0);
    for (const char* name : {"link", "../secret", "..%2fsecret", "..", ".", "", "%2e%2e/secret",
                             "/etc/passwd", "absent", "x/../../secret"})
        CHECK_MESSAGE(get(name).status == 404, name);
}

TEST_CASE_FIXTURE(Setup, "an artifact cannot be written") {
    put("x", "hello");
    CHECK(request(server, "PUT", "/targets/agent/x", {}, "other").status == 405);
    CHECK(get("x").body == "hello");
}
