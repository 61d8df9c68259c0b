#include "support/fault_reply.hpp"

#include <algorithm>
#include <cctype>

namespace update::test {
namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string header(const SeenRequest& request, const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string{} : found->second;
}

}  // namespace

SeenRequest parse_request(const std::string& head, unsigned connection) {
    SeenRequest request;
    request.connection = connection;
    const auto line_end = head.find("\r\n");
    const auto first = head.find(' ');
    request.path = head.substr(first + 1, head.find(' ', first + 1) - first - 1);
    for (auto at = line_end + 2; at < head.size();) {
        const auto end = head.find("\r\n", at);
        const auto colon = head.find(':', at);
        if (end == at || colon == std::string::npos) break;
        const auto value = head.find_first_not_of(' ', colon + 1);
        request.headers[lower(head.substr(at, colon - at))] = head.substr(value, end - value);
        at = end + 2;
    }
    return request;
}

std::size_t first_byte_for(const SeenRequest& request, const Reply& reply) {
    const auto range = header(request, "range");
    const auto validator = header(request, "if-range");
    if (range.empty() || reply.ignores_range || reply.status != 200) return 0;
    if (reply.honours_if_range && !validator.empty() && validator != reply.etag) return 0;
    return std::min<std::size_t>(std::stoull(range.substr(range.find('=') + 1)), reply.body.size());
}

std::string head_of(const Reply& reply, std::size_t from) {
    const auto total = std::to_string(reply.body.size());
    std::string head = "HTTP/1.1 " + std::to_string(from > 0 ? 206 : reply.status) + " Reply\r\n";
    if (!reply.etag.empty()) head += "ETag: " + reply.etag + "\r\n";
    if (from > 0 || reply.content_range)
        head += "Content-Range: " +
                reply.content_range.value_or("bytes " + std::to_string(from) + "-" +
                                             std::to_string(reply.body.size() - 1) + "/" + total) +
                "\r\n";
    for (const auto& line : reply.headers) head += line + "\r\n";
    head += reply.announces_length ? "Content-Length: " + std::to_string(reply.body.size() - from) + "\r\n"
                                   : std::string{"Transfer-Encoding: chunked\r\n"};
    return head + "\r\n";
}

}  // namespace update::test
