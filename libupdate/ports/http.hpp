#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <update/result.hpp>

namespace update {

struct HttpRequest {
    std::string url;               ///< http(s)://; the adapter refuses other schemes, and http unless allowed
    std::uint64_t first_byte = 0;  ///< >0: "Range: bytes=N-"
    std::string if_range;          ///< strong ETag or Last-Modified of the bytes already held
    std::uint64_t body_max_bytes = 0;  ///< the transfer is cut with `corrupt` at the first byte beyond
    std::string if_none_match{};       ///< ETag of what is held already: the answer may be 304 without a body
};
struct HttpHead {
    int status = 0;  ///< of the last response, redirects followed
    std::string etag, last_modified, content_type;
    std::optional<std::uint64_t> body_bytes;   ///< Content-Length of this response
    std::optional<std::uint64_t> range_first;  ///< from Content-Range
    std::optional<std::uint64_t> range_total;
    std::optional<std::chrono::seconds> retry_after;
};
class HttpSink {
 public:
    virtual ~HttpSink() = default;
    /// Called once before the first byte of the final response. An error ends the transfer and is returned by
    /// `get`.
    virtual Status head(const HttpHead&) = 0;
    virtual Status body(std::span<const std::byte>) = 0;
    /// Called at least every 200 ms, bytes or not. An error (cancelled) ends the transfer.
    virtual Status tick() = 0;
};
class Http {
 public:
    virtual ~Http() = default;
    /// Blocks until the body is complete or something ended it. Status codes are data, not errors.
    /// @return `retry_later` for name, connection, TLS-handshake, stall and cut trouble; `refused` for a
    /// forbidden
    ///         scheme, a redirect to a weaker one or too many; `corrupt` for more than `body_max_bytes`;
    ///         `permission` when the server's certificate is not trusted; `timed_out` for the total limit.
    virtual Result<HttpHead> get(const HttpRequest&, HttpSink&) = 0;
};

}  // namespace update
