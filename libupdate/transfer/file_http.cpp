#include "transfer/file_http.hpp"

#include <vector>

#include "transfer/source_url.hpp"

namespace update {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

}  // namespace

/// Trees keep a name that needs encoding either as it is in the URL or decoded. The Files port refuses "..".
Result<std::unique_ptr<File>> FileHttp::open(const std::string& url) {
    UPDATE_TRY(path, path_of_file_url(url), "file URL");
    auto file = files_.open(path, OpenMode::read);
    if (file || url.find('%') == std::string::npos) return file;
    const auto name = url.substr(url.rfind('/') + 1);
    return files_.open(path.parent_path() / name, OpenMode::read);
}

Result<HttpHead> FileHttp::get(const HttpRequest& request, HttpSink& sink) {
    if (!is_file_url(request.url)) {
        if (others_ != nullptr) return others_->get(request, sink);
        return Error{ErrorCode::refused, "no network is used here: " + request.url};
    }
    auto file = open(request.url);
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

}  // namespace update
