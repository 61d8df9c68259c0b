#include "repository/folder_http.hpp"

#include "base/hex.hpp"

namespace update::repository {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
        if (byte && byte->size() == 1) {
            decoded += *byte;
            i += 2;
        } else {
            decoded.push_back(text[i]);
        }
    }
    return decoded;
}

}  // namespace

/// Trees keep what needs encoding either as it is in the URL or decoded. The Files port refuses "..".
Result<std::unique_ptr<File>> FolderHttp::open(const std::string& path) {
    auto file = files_.open(folder_ / path, OpenMode::read);
    return file ? std::move(file) : files_.open(folder_ / percent_decoded(path), OpenMode::read);
}

Result<HttpHead> FolderHttp::get(const HttpRequest& request, HttpSink& sink) {
    const std::string_view prefix{base};
    if (!request.url.starts_with(prefix))
        return Error{ErrorCode::refused, "not of this folder: " + request.url};
    auto file = open(request.url.substr(prefix.size()));
    HttpHead head;
    head.status = file ? 200 : 404;
    UPDATE_CHECK(sink.head(head), "read");
    if (!file) return head;
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t at = 0;;) {
        UPDATE_TRY(count, (*file)->read(at, block), "read");
        if (count == 0) return head;
        at += count;
        if (at > request.body_max_bytes) return Error{ErrorCode::corrupt, "more bytes than may be"};
        UPDATE_CHECK(sink.body(std::span{block}.first(count)), "read");
        UPDATE_CHECK(sink.tick(), "read");
    }
}

}  // namespace update::repository
