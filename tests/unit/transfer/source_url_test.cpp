#include "transfer/source_url.hpp"

#include <doctest/doctest.h>

namespace update {

TEST_CASE("a file URL names an absolute path, percent-decoded") {
    CHECK(*path_of_file_url("file:///srv/agent%201.1") == "/srv/agent 1.1");
    CHECK(*path_of_file_url("file://localhost/srv/a") == "/srv/a");
}

TEST_CASE("a file URL with a drive letter names a Windows path") {
    CHECK(*path_of_file_url("file:///C:/agent.exe") == "C:/agent.exe");
}

TEST_CASE("the URL of a file leads back to it, whatever its name holds") {
    CHECK(file_url("/srv/agent 1.1/50%#?.bin") == "file:///srv/agent%201.1/50%25%23%3F.bin");
    CHECK(file_url("C:/agent.exe") == "file:///C:/agent.exe");
    for (const char* path : {"/srv/agent 1.1", "/a:b@c,d=e/f", "C:/Program Files/a"})
        CHECK(*path_of_file_url(file_url(path)) == path);
}

TEST_CASE("a file URL of another host, without a path or with a bad escape is refused") {
    for (const char* url :
         {"file://server/share/a", "file://", "file:///a%2", "file:///a%zz", "file:///a%00b"}) {
        CAPTURE(url);
        const auto path = path_of_file_url(url);
        REQUIRE_FALSE(path.has_value());
        CHECK(path.error().code() == ErrorCode::refused);
    }
}

TEST_CASE("messages show host and port of a URL, but neither its user information nor its query") {
    CHECK(place_of("https://user:secret@dl.example:8443/a?token=x") == "dl.example:8443");
    CHECK(place_of("https://dl.example") == "dl.example");
    CHECK(place_of("https://dl.example?token=x") == "dl.example");
    CHECK(place_of("file:///etc/secret") == "local file");
    CHECK(place_of("nonsense") == "unreadable URL");
}

}  // namespace update
