// What a misbehaving server is told to answer, and what it was asked.
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace update::test {

using Bytes = std::vector<std::byte>;

/// How one request is answered.
struct Reply {
    int status = 200;  ///< 200 becomes 206 when the request's range is honoured
    Bytes body;
    std::string etag = "\"v1\"";       ///< empty: none is sent
    std::vector<std::string> headers;  ///< further lines, without line end
    bool ignores_range = false;
    bool honours_if_range = true;              ///< a validator that does not match gets the whole body
    std::optional<std::string> content_range;  ///< instead of the true one
    bool announces_length = true;              ///< else the body is chunked
    std::optional<std::size_t> cut_after;  ///< body bytes; then the TCP stream ends, all of them delivered
    std::optional<std::size_t>
        reset_after;  ///< body bytes; then RST, which may destroy some of them on the way
    std::optional<std::size_t> silent_after;  ///< body bytes; then nothing until the client goes
    std::size_t bytes_per_second = 0;         ///< 0: as fast as it goes
};

struct SeenRequest {
    std::string path;
    std::map<std::string, std::string> headers;  ///< names in lower case
    unsigned connection = 0;                     ///< counted from 1
};

SeenRequest parse_request(const std::string& head, unsigned connection);
/// First byte of the body that the reply sends to this request, 0 for all of it.
std::size_t first_byte_for(const SeenRequest&, const Reply&);
/// Status line and header lines, the empty line included.
std::string head_of(const Reply&, std::size_t first_byte);

}  // namespace update::test
