// An endpoint that downloads: memory for a disk, a script for servers, and time that moves only by waiting.
#pragma once
#include "crypto/openssl_hashing.hpp"
#include "support/manual_time.hpp"
#include "support/memory_files.hpp"
#include "support/scripted_http.hpp"
#include "transfer/fetch.hpp"

namespace update::test {

constexpr std::size_t artifact_size = 700'000;  // more than two blocks

struct ProgressEvents : ProgressListener {
    std::vector<TransferProgress> all;
    void progressed(const TransferProgress& p) override { all.push_back(p); }
};

struct Endpoint {
    OpensslHashing hashing;
    MemoryFiles files;
    ScriptedHttp http;
    ManualClock clock;
    ManualChannel channel{clock};
    KnownRandom random;
    Layout layout{"/state", "/opt"};
    TransferSettings settings;
    std::string update_id = "u1";
    Bytes file = pattern(artifact_size);
    Artifact artifact;
    ProgressEvents events;

    Endpoint() {
        artifact.size_bytes = file.size();
        artifact.sha256 = digest(file);
        artifact.urls = {"https://one.example/agent"};
    }
    Sha256 digest(const Bytes& bytes) {
        auto stream = hashing.sha256();
        stream->update(bytes);
        return stream->finish();
    }
    void two_mirrors() { artifact.urls.push_back("https://two.example/agent"); }
    void three_mirrors() {
        artifact.urls = {"https://one.example/a", "https://two.example/a", "https://three.example/a"};
    }
    void answer(ScriptedAnswer answer) { http.script.push_back(std::move(answer)); }

    Result<Fetched> fetch() {
        return update::fetch({artifact, 0, update_id, layout, settings, &events},
                             {http, files, hashing, clock, channel, random});
    }
    Path partial() const { return layout.partial(update_id, 0); }
    const HttpRequest& last_request() const { return http.requests.back(); }
};

inline bool mentions(const Error& error, const std::string& text) {
    return error.message().find(text) != std::string::npos;
}

}  // namespace update::test
