#include "session/proxy.hpp"

#include <doctest/doctest.h>

using namespace update::session;

namespace {

const std::string server = "wss://control.example:8443/agent";
std::string url(const std::optional<Proxy>& proxy) { return proxy ? proxy->url : "none"; }

}  // namespace

TEST_CASE("the configured proxy is for every server, whatever the environment says") {
    CHECK(url(proxy_for(server, "http://proxy:3128", {"http://other:1", "*"})) == "http://proxy:3128");
}

TEST_CASE("without a configured proxy the environment's is used, but for what it excepts") {
    CHECK(url(proxy_for(server, "", {"http://proxy:3128/", ""})) == "http://proxy:3128");
    CHECK(url(proxy_for(server, "", {"proxy:3128", "else.example"})) == "http://proxy:3128");
    CHECK(url(proxy_for(server, "", {})) == "none");
    for (const char* no_proxy : {"*", "control.example", ".example", "localhost, EXAMPLE"}) {
        CAPTURE(no_proxy);
        CHECK(url(proxy_for(server, "", {"http://proxy:3128", no_proxy})) == "none");
    }
    CHECK(url(proxy_for(server, "", {"http://proxy:3128", "rol.example"})) == "http://proxy:3128");
    CHECK(url(proxy_for("wss://[::1]:8443/agent", "", {"http://proxy:3128", "[::1]"})) == "none");
}

TEST_CASE("a proxy's credentials are split off its address") {
    const auto proxy = proxy_for(server, "http://someone:p%40ss%3aword@proxy:3128", {});
    REQUIRE(proxy.has_value());
    CHECK(proxy->url == "http://proxy:3128");
    CHECK(proxy->user == "someone");
    CHECK(proxy->password.reveal() == "p@ss:word");
}

TEST_CASE("a proxy that is not spoken to in http is passed by") {
    for (const char* proxy :
         {"socks5://proxy:1080", "socks5h://proxy:1080", "https://proxy:3128", "http://"}) {
        CAPTURE(proxy);
        CHECK(url(proxy_for(server, proxy, {})) == "none");
    }
}
