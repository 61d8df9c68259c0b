#include "trust/source.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "trust/names.hpp"
#include "trust/trouble.hpp"

namespace update::trust {
namespace {

using Take = std::function<Status(std::span<const std::byte>)>;

// Metadata is small, and the next mirror waits behind it: after the grace, less than this rate on the average
// is as good as no answer. 5 MB of targets may take 21 minutes, a timestamp hardly more than the grace.
constexpr std::chrono::seconds slow_grace{60};
constexpr std::uint64_t slow_bytes_per_second = 4 * 1024;

class Sink : public HttpSink {
 public:
    Sink(const Cancel& cancel, const Take& take, const Clock* hurry)
        : cancel_{cancel}, take_{take}, hurry_{hurry}, began_{hurry != nullptr ? hurry->now() : Instant{}} {}
    Status head(const HttpHead& head) override {
        status_ = head.status;
        return done();
    }
    /// What comes with another status is a page for people.
    Status body(std::span<const std::byte> bytes) override {
        if (status_ != 200) return done();
        taken_ += bytes.size();
        return take_(bytes);
    }
    Status tick() override {
        if (cancel_) UPDATE_CHECK(cancel_(), "fetch");
        if (hurry_ == nullptr) return done();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(hurry_->now() - began_);
        if (seconds < slow_grace || std::cmp_greater_equal(taken_, seconds.count() * slow_bytes_per_second))
            return done();
        return trouble(Trouble::unreachable,
                       fmt::format("{} bytes in {} s are too slow", taken_, seconds.count()));
    }

 private:
    const Cancel& cancel_;
    const Take& take_;
    const Clock* hurry_;
    Instant began_;
    int status_ = 0;
    std::uint64_t taken_ = 0;
};

// An error page may be longer than the smallest target.
constexpr std::uint64_t page_bytes_max = 64 * 1024;

Error classified(const Error& error, const std::string& url) {
    const auto what = fmt::format("{}: {}", url, error.message());
    if (error.code() == ErrorCode::corrupt) return trouble(Trouble::tampered, what);
    // `refused` is a redirect to a weaker scheme, or too many: a captive portal before this one.
    if (error.code() == ErrorCode::retry_later || error.code() == ErrorCode::timed_out ||
        error.code() == ErrorCode::permission || error.code() == ErrorCode::refused)
        return trouble(Trouble::unreachable, what);
    return Error{error}.in(url);
}

Status check_answer(const HttpHead& head, const std::string& url) {
    if (head.status == 200) return done();
    if (head.status == 403 || head.status == 404)
        return Error{ErrorCode::not_found, fmt::format("{}: not there ({})", url, head.status),
                     trouble(Trouble::stale_mirror, {}).os()};
    return trouble(Trouble::unreachable, fmt::format("{}: answered with status {}", url, head.status));
}

}  // namespace

std::string metadata_url(const Address& address, std::string_view role, std::optional<Version> version) {
    const auto prefix = version ? fmt::format("{}.", *version) : std::string{};
    return folder_url(address.metadata) + prefix + percent_encoded(role) + ".json";
}

std::string hash_prefix(const TargetFile& file) {
    for (const auto* algorithm : {"sha256", "sha512", "sha384"})
        if (const auto found = file.hashes.find(algorithm); found != file.hashes.end()) return found->second;
    return {};
}

std::string target_url(const Address& address, std::string_view path, std::string_view hash) {
    if (hash.empty()) return folder_url(address.targets) + encoded_path(path);
    const auto name = path.rfind('/') + 1;  // 0 when there is none
    return fmt::format("{}{}{}.{}", folder_url(address.targets), encoded_path(path.substr(0, name)), hash,
                       encoded_path(path.substr(name)));
}

namespace {

/// @param hurry  for metadata; nullptr: a slow file is still a file
Result<HttpHead> exchange(Http& http, HttpRequest request, const Cancel& cancel, const Clock* hurry,
                          const Take& take) {
    const auto max_bytes = request.body_max_bytes;
    const Take take_at_most = [&, left = max_bytes](std::span<const std::byte> bytes) mutable -> Status {
        if (bytes.size() > left)
            return trouble(Trouble::tampered, fmt::format("{}: more than {} bytes", request.url, max_bytes));
        left -= bytes.size();
        return take(bytes);
    };
    Sink sink{cancel, take_at_most, hurry};
    request.body_max_bytes = std::max(max_bytes, page_bytes_max);
    auto head = http.get(request, sink);
    if (!head)
        return trouble_of(head.error()) != Trouble::local ? head.error()
                                                          : classified(head.error(), request.url);
    return head;
}

HttpRequest request_for(const std::string& url, std::uint64_t max_bytes) {
    HttpRequest request;
    request.url = url;
    request.body_max_bytes = max_bytes;
    return request;
}

}  // namespace

Status fetch_stream(Http& http, const std::string& url, std::uint64_t max_bytes, const Cancel& cancel,
                    const Take& take) {
    UPDATE_TRY(head, exchange(http, request_for(url, max_bytes), cancel, nullptr, take), "fetch");
    return check_answer(head, url);
}

Result<Conditional> fetch_if_changed(Http& http, const Clock& clock, const std::string& url,
                                     const std::string& etag, std::size_t max_bytes, const Cancel& cancel) {
    Conditional answer;
    auto request = request_for(url, max_bytes);
    request.if_none_match = etag;
    UPDATE_TRY(head,
               exchange(http, std::move(request), cancel, &clock,
                        [&answer](std::span<const std::byte> bytes) {
                            answer.text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                            return done();
                        }),
               "fetch");
    answer.unchanged = head.status == 304 && !etag.empty();
    if (!answer.unchanged) UPDATE_CHECK(check_answer(head, url), "fetch");
    answer.etag = head.etag;
    return answer;
}

Result<std::string> fetch_text(Http& http, const Clock& clock, const std::string& url, std::size_t max_bytes,
                               const Cancel& cancel) {
    UPDATE_TRY(answer, fetch_if_changed(http, clock, url, {}, max_bytes, cancel), "metadata");
    return std::move(answer.text);
}

}  // namespace update::trust
