// Servers out of a script: what each request in turn is answered with.
#pragma once
#include <deque>
#include <functional>
#include <map>

#include "ports/http.hpp"

namespace update::test {

using Bytes = std::vector<std::byte>;

inline Bytes pattern(std::size_t size, unsigned salt = 0) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>((i * 31 + i / 257 + salt) & 0xff);
    return bytes;
}

struct ScriptedAnswer {
    HttpHead head;
    Bytes body;
    std::optional<Error> then{};               ///< instead of a clean end
    bool no_head = false;                      ///< the connection itself fails, with `then`
    std::function<void()> before_end = [] {};  ///< after the body
};

/// A server that keeps to the rules, for `file`.
inline ScriptedAnswer serve(const Bytes& file, std::uint64_t first = 0, const std::string& etag = "\"v1\"") {
    ScriptedAnswer answer;
    answer.head.status = first > 0 ? 206 : 200;
    answer.head.etag = etag;
    answer.head.body_bytes = file.size() - first;
    if (first > 0) {
        answer.head.range_first = first;
        answer.head.range_total = file.size();
    }
    answer.body.assign(file.begin() + static_cast<std::ptrdiff_t>(first), file.end());
    return answer;
}
inline ScriptedAnswer cut_after(ScriptedAnswer answer, std::size_t bytes) {
    answer.body.resize(bytes);
    answer.then = Error{ErrorCode::retry_later, "connection cut"};
    return answer;
}
inline ScriptedAnswer status(int code, std::optional<std::chrono::seconds> retry_after = {}) {
    ScriptedAnswer answer;
    answer.head.status = code;
    answer.head.retry_after = retry_after;
    return answer;
}
inline ScriptedAnswer failure(ErrorCode code, const std::string& what) {
    ScriptedAnswer answer;
    answer.no_head = true;
    answer.then = Error{code, what};
    return answer;
}

class ScriptedHttp : public Http {
 public:
    std::deque<ScriptedAnswer> script;
    std::vector<HttpRequest> requests;

    Result<HttpHead> get(const HttpRequest& request, HttpSink& sink) override {
        requests.push_back(request);
        if (script.empty()) return Error{ErrorCode::bug, "the script has no further answer"};
        const auto answer = script.front();
        script.pop_front();
        if (answer.no_head) return *answer.then;
        if (auto status = sink.head(answer.head); !status) return std::move(status).error();
        if (auto status = deliver(answer.body, request.body_max_bytes, sink); !status)
            return std::move(status).error();
        answer.before_end();
        if (auto status = sink.tick(); !status) return std::move(status).error();
        if (answer.then) return *answer.then;
        return answer.head;
    }

 private:
    /// In pieces of the size of a TLS record.
    static Status deliver(std::span<const std::byte> body, std::uint64_t max_bytes, HttpSink& sink) {
        std::uint64_t sent = 0;
        while (!body.empty()) {
            const auto piece = body.first(std::min<std::size_t>(16 * 1024, body.size()));
            sent += piece.size();
            if (sent > max_bytes) return Error{ErrorCode::corrupt, "more than asked for"};
            if (auto status = sink.body(piece); !status) return status;
            body = body.subspan(piece.size());
        }
        return done();
    }
};

}  // namespace update::test
