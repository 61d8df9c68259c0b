// An endpoint that downloads over real TLS connections from a server that misbehaves; its disk is in memory.
#pragma once
#include <algorithm>
#include <doctest/doctest.h>

#include "crypto/openssl_hashing.hpp"
#include "crypto/pipelined_hashing.hpp"
#include "net/http_curl.hpp"
#include "support/fault_server.hpp"
#include "support/memory_files.hpp"
#include "support/real_time.hpp"
#include "transfer/fetch.hpp"

namespace update::test {

using namespace std::chrono_literals;

constexpr std::size_t size = 2'000'000;
constexpr unsigned seed = 20251101;

inline const TestCa& ca() {
    static const TestCa authority;
    return authority;
}

inline Bytes random_bytes(std::size_t count, unsigned salt = 0) {
    std::mt19937_64 random{seed + salt};
    Bytes bytes(count);
    std::ranges::generate(bytes, [&random] { return static_cast<std::byte>(random() & 0xff); });
    return bytes;
}

struct Endpoint {
    FaultServer server{&ca()};
    OpensslHashing openssl;
    PipelinedHashing hashing{openssl};
    MemoryFiles files;
    RealClock clock;
    QuietChannel channel;
    SeededRandom random{seed};
    Layout layout{"/state", "/opt"};
    TransferSettings settings;
    std::string update_id = "u1";
    Bytes file = random_bytes(size);
    Artifact artifact;

    Endpoint() {
        settings.ca_file = ca().ca_file();
        settings.stall_timeout = 5s;
        settings.backoff_first = 1ms;
        settings.backoff_max = 20ms;
        artifact.size_bytes = size;
        auto stream = openssl.sha256();
        stream->update(file);
        artifact.sha256 = stream->finish();
        artifact.urls = {server.url("/agent")};
    }
    Reply good() const { return with(file); }
    static Reply with(Bytes body) {
        Reply reply;
        reply.body = std::move(body);
        return reply;
    }
    Reply cut_after(std::size_t bytes) const {
        auto reply = good();
        reply.cut_after = bytes;
        return reply;
    }
    void script(std::vector<Reply> replies) { server.script("/agent", std::move(replies)); }

    /// Each call is a new process: connections and all memory of earlier calls are gone, the disk is not.
    Result<Fetched> fetch() {
        CurlHttp http{settings};
        return update::fetch({artifact, 0, update_id, layout, settings},
                             {http, files, hashing, clock, channel, random});
    }
    bool has_the_file() { return files.content(layout.partial(update_id, 0)) == file; }
    std::string range_of(std::size_t request) const {
        const auto headers = server.requests().at(request).headers;
        return headers.contains("range") ? headers.at("range") : std::string{};
    }
};

inline void check_code(const Result<Fetched>& fetched, ErrorCode code) {
    REQUIRE_FALSE(fetched.has_value());
    CAPTURE(fetched.error().message());
    CHECK(fetched.error().code() == code);
}

}  // namespace update::test
