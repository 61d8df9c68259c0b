// A client of the curl adapter together with the server that it talks to.
#pragma once
#include "net/http_curl.hpp"
#include "support/fault_server.hpp"

namespace update::test {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct Recorder : HttpSink {
    std::vector<HttpHead> heads;
    Bytes received;
    unsigned ticks = 0;
    std::optional<Error> at_head, at_tick;

    Status head(const HttpHead& h) override {
        heads.push_back(h);
        if (at_head) return *at_head;
        return done();
    }
    Status body(std::span<const std::byte> bytes) override {
        received.insert(received.end(), bytes.begin(), bytes.end());
        return done();
    }
    Status tick() override {
        ++ticks;
        if (at_tick) return *at_tick;
        return done();
    }
};

inline const TestCa& ca() {
    static const TestCa authority;
    return authority;
}
inline TransferSettings trusting() {
    TransferSettings settings;
    settings.ca_file = ca().ca_file();
    settings.stall_timeout = 5s;
    return settings;
}
inline Reply with_body(std::size_t size) {
    Reply reply;
    reply.body.assign(size, std::byte{'x'});
    return reply;
}
inline Reply redirect_to(const std::string& location) {
    auto reply = with_body(100);
    reply.status = 302;
    reply.headers = {"Location: " + location};
    return reply;
}
inline bool mentions(const Error& error, const std::string& text) {
    return error.message().find(text) != std::string::npos;
}

struct Client {
    FaultServer server{&ca()};
    TransferSettings settings = trusting();
    Recorder sink;

    Result<HttpHead> get(const std::string& path, std::uint64_t max = 1 << 24) {
        return get_url(server.url(path), max);
    }
    Result<HttpHead> get_url(const std::string& url, std::uint64_t max = 1 << 24) {
        CurlHttp http{settings};
        return http.get({url, 0, {}, max}, sink);
    }
};

}  // namespace update::test
