#include "net/http_head.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>

namespace update {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Digits only, the whole text, within 64 bits.
std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

/// "bytes 7-99/100", "bytes */100", "bytes 7-99/*" (RFC 9110, 14.4).
void read_content_range(std::string_view text, HttpHead& head) {
    constexpr std::string_view unit = "bytes ";
    if (text.substr(0, unit.size()) != unit) return;
    text = trimmed(text.substr(unit.size()));
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return;
    head.range_total = number(text.substr(slash + 1));
    head.range_first = number(text.substr(0, text.substr(0, slash).find('-')));
}

/// Longer waits are cut by the caller anyway; the bound keeps the arithmetic on durations from overflowing.
constexpr std::uint64_t retry_after_max_s = 366ULL * 24 * 3600;

/// Seconds, or a date (RFC 9110, 10.2.3) compared with the server's own clock, which alone it was made with.
std::optional<std::chrono::seconds> read_retry_after(const std::string& text, const std::string& date,
                                                     WallTime now) {
    if (text.empty()) return std::nullopt;
    if (const auto seconds = number(text)) return std::chrono::seconds{std::min(*seconds, retry_after_max_s)};
    const auto until = curl_getdate(text.c_str(), nullptr);
    if (until == -1) return std::nullopt;
    auto from = date.empty() ? -1 : curl_getdate(date.c_str(), nullptr);
    if (from == -1) from = std::chrono::system_clock::to_time_t(now);
    const auto wait = std::clamp<std::int64_t>(until - from, 0, retry_after_max_s);
    return std::chrono::seconds{wait};
}

}  // namespace

bool HeadReader::line(std::string_view line) {
    line = trimmed(line);
    if (line.substr(0, 5) == "HTTP/") {
        *this = HeadReader{};
        const auto space = line.find(' ');
        const auto status =
            space == std::string_view::npos ? std::nullopt : number(line.substr(space + 1, 3));
        head_.status = static_cast<int>(status.value_or(0));
        return false;
    }
    if (line.empty()) return head_.status >= 200;
    if (const auto colon = line.find(':'); colon != std::string_view::npos)
        field(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    return false;
}

void HeadReader::field(std::string_view name, std::string_view value) {
    const auto is = [name](std::string_view other) { return equal_ignoring_case(name, other); };
    if (is("etag")) head_.etag = value;
    if (is("last-modified")) head_.last_modified = value;
    if (is("content-type")) head_.content_type = value;
    if (is("content-length")) head_.body_bytes = number(value);
    if (is("content-range")) read_content_range(value, head_);
    if (is("location")) location_ = value;
    if (is("retry-after")) retry_after_ = value;
    if (is("date")) date_ = value;
}

HttpHead HeadReader::head(WallTime now) const {
    auto head = head_;
    head.retry_after = read_retry_after(retry_after_, date_, now);
    return head;
}

bool HeadReader::is_redirect() const {
    constexpr std::array statuses{301, 302, 303, 307, 308};
    return !location_.empty() && std::ranges::find(statuses, head_.status) != statuses.end();
}

}  // namespace update
