#include "transfer/attempt.hpp"

#include <algorithm>

#include "transfer/answer.hpp"
#include "transfer/source_url.hpp"

namespace update {
namespace {

AttemptEnd give_up(Error error) { return {Next::give_up, std::move(error), {}}; }

/// The bytes held are worth nothing: empties the file and goes on with `next`.
AttemptEnd throw_away(FetchState& state, Next next, Error cause) {
    if (auto status = state.file.start_over(); !status) return give_up(std::move(status).error());
    return {next, std::move(cause), {}};
}

class Download : public HttpSink {
 public:
    Download(FetchState& state, const std::string& url) : state_{state}, url_{url} {
        asked_.first_byte = state.file.size();
        asked_.size_bytes = state.order.artifact.size_bytes;
        if (same_url()) asked_.etag = state.origin->etag;
    }

    HttpRequest request() const {
        HttpRequest request{url_, asked_.first_byte, {}, asked_.size_bytes};
        if (same_url()) request.if_range = state_.origin->validator();
        return request;
    }

    Status head(const HttpHead& head) override {
        judgement_ = judge(head, asked_);
        retry_after_ = head.retry_after;
        if (judgement_->answer == Answer::whole) return own(begin(head));
        if (judgement_->answer == Answer::rest) return own(go_on(head));
        return Error{judgement_->code, judgement_->why};
    }
    Status body(std::span<const std::byte> bytes) override {
        state_.count(bytes.size());
        auto status = state_.file.append(bytes);
        state_.report.perhaps(state_.progress());
        return own(std::move(status));
    }
    Status tick() override {
        state_.report.perhaps(state_.progress());
        return own(state_.watch.look());
    }

    AttemptEnd end(Result<HttpHead> result) {
        if (own_trouble_ && result.error().code() == ErrorCode::corrupt)
            return wrong_content(std::move(result).error());
        if (own_trouble_) return give_up(std::move(result).error());
        if (auto status = state_.file.write_out(); !status) return give_up(std::move(status).error());
        if (!result) return after_failure(std::move(result).error());
        if (state_.file.complete()) return {};
        return wrong_content({ErrorCode::corrupt, "ended early and called it complete"});
    }

 private:
    bool same_url() const { return asked_.first_byte > 0 && state_.origin && state_.origin->url == url_; }

    /// Errors that are not the mirror's.
    Status own(Status status) {
        if (!status) own_trouble_ = true;
        return status;
    }
    Status begin(const HttpHead& head) {
        UPDATE_CHECK(state_.file.start_over(), "download from the first byte");
        return state_.record_origin({url_, head.etag, head.last_modified, false});
    }
    Status go_on(const HttpHead& head) {
        if (same_url() && !state_.origin->validator().empty()) return done();
        return state_.record_origin({url_, head.etag, head.last_modified, true});
    }

    AttemptEnd after_failure(Error error) {
        if (judgement_ && judgement_->answer == Answer::start_over)
            return throw_away(state_, Next::at_once, std::move(error));
        if (judgement_ && judgement_->answer == Answer::later)
            return {Next::later, std::move(error), retry_after_};
        switch (error.code()) {
            case ErrorCode::retry_later:
                return {Next::later, std::move(error), retry_after_};
            case ErrorCode::corrupt:
                return wrong_content(std::move(error));
            case ErrorCode::not_found:
            case ErrorCode::refused:
            case ErrorCode::permission:
            case ErrorCode::unsupported:
                return {Next::skip, std::move(error), {}};
            default:
                return give_up(std::move(error));
        }
    }
    AttemptEnd wrong_content(Error error) {
        return throw_away(state_, Next::wrong_content, std::move(error));
    }

    FetchState& state_;
    const std::string& url_;
    Asked asked_;
    std::optional<Judgement> judgement_;
    std::optional<std::chrono::seconds> retry_after_;
    bool own_trouble_ = false;
};

AttemptEnd download(FetchState& state, const std::string& url) {
    Download sink{state, url};
    const auto request = sink.request();
    return sink.end(state.ports.http.get(request, sink));
}

/// Reads until the promised size or the end of the source. @return the error is the disk's, the source's
/// included
Status copy(FetchState& state, File& source) {
    std::vector<std::byte> block(256 * 1024);
    while (!state.file.complete()) {
        UPDATE_CHECK(state.watch.look(), "copy");
        const auto missing = state.order.artifact.size_bytes - state.file.size();
        const auto wanted =
            std::span{block}.first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), missing)));
        UPDATE_TRY(count, source.read(state.file.size(), wanted), "read local file");
        if (count == 0) break;
        UPDATE_CHECK(state.file.append(wanted.first(count)), "copy");
        state.report.perhaps(state.progress());
    }
    return state.file.write_out();
}

/// Always from the first byte: copying again is cheap, and nothing says that the source is still the same.
AttemptEnd copy_local(FetchState& state, const std::string& url) {
    const auto skip = [](Error error) { return AttemptEnd{Next::skip, std::move(error), {}}; };
    const auto path = path_of_file_url(url);
    if (!path) return skip(path.error());
    auto source = state.ports.files.open(*path, OpenMode::read);
    if (!source) return skip(std::move(source).error());
    const auto info = (*source)->info();
    if (!info) return skip(info.error());
    if (info->kind != FileInfo::Kind::file || info->size_bytes != state.order.artifact.size_bytes)
        return skip({ErrorCode::corrupt, "the local file is not of the promised size"});
    if (auto status = state.file.start_over(); !status) return give_up(std::move(status).error());
    if (auto status = state.record_origin({url, {}, {}, false}); !status)
        return give_up(std::move(status).error());
    if (auto status = copy(state, **source); !status) return give_up(std::move(status).error());
    if (state.file.complete()) return {};
    return throw_away(state, Next::wrong_content, {ErrorCode::corrupt, "the local file became shorter"});
}

}  // namespace

Status FetchState::record_origin(Origin now) {
    UPDATE_CHECK(write_origin(ports.files, origin_path(), now), "note where the download comes from");
    origin = std::move(now);
    return done();
}

AttemptEnd attempt(FetchState& state, const std::string& url) {
    return is_file_url(url) ? copy_local(state, url) : download(state, url);
}

}  // namespace update
