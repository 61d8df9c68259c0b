// One request and its response; redirects are the caller's business.
#pragma once
#include <chrono>
#include <curl/curl.h>
#include <optional>
#include <string>

#include "net/http_head.hpp"
#include "ports/http.hpp"

namespace update {

struct ExchangeLimits {
    std::uint64_t body_max_bytes = 0;
    std::chrono::milliseconds stall{0};              ///< without a byte, once the request could be sent
    std::chrono::steady_clock::time_point deadline;  ///< of the whole `get`
};

class Exchange {
 public:
    /// Sets the callbacks of `easy`, which must not be in `multi` yet. All outlive this object.
    Exchange(CURL* easy, CURLM* multi, HttpSink& sink, const ExchangeLimits& limits);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// Call once. Errors as Http::get, without those of redirects.
    Result<HttpHead> run();
    /// Afterwards: the response was a redirect, and nothing of it reached the sink.
    bool redirected() const { return head_complete_ && reader_.is_redirect(); }
    const std::string& location() const { return reader_.location(); }

    // For the C callbacks; the result is the number of bytes taken, fewer end the transfer.
    std::size_t take_header(std::string_view line) noexcept;
    std::size_t take_body(std::span<const std::byte> bytes) noexcept;
    void connected() noexcept { last_byte_at_ = std::chrono::steady_clock::now(); }

 private:
    CURLcode transfer();
    void look_at_clock();
    void end(Error error) { ended_ = std::move(error); }

    CURL* easy_;
    CURLM* multi_;
    HttpSink& sink_;
    ExchangeLimits limits_;
    HeadReader reader_;
    HttpHead head_;
    bool head_complete_ = false;
    std::uint64_t body_bytes_ = 0;
    std::optional<std::chrono::steady_clock::time_point> last_byte_at_;  ///< absent until connected
    std::chrono::steady_clock::time_point last_tick_;
    std::optional<Error> ended_;
    char detail_[CURL_ERROR_SIZE] = {};
};

}  // namespace update
