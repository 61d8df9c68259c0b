#include "net/curl_url.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>

namespace update {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
Handle new_handle() { return {curl_url(), &curl_url_cleanup}; }

Error refusal(const char* what, CURLUcode code) {
    return {ErrorCode::refused, fmt::format("{}: {}", what, curl_url_strerror(code))};
}

Result<std::string> part(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (const auto code = curl_url_get(url, which, &text, 0); code != CURLUE_OK)
        return refusal("not a usable URL", code);
    std::string copy{text};
    curl_free(text);
    return copy;
}

Result<Url> parts(CURLU* url) {
    UPDATE_TRY(text, part(url, CURLUPART_URL), "address");
    UPDATE_TRY(scheme, part(url, CURLUPART_SCHEME), "scheme");
    UPDATE_TRY(host, part(url, CURLUPART_HOST), "host");
    return Url{std::move(text), std::move(scheme), std::move(host)};
}

// Other schemes are let through here so that they are refused by name, by the rule on schemes.
constexpr unsigned flags = CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME;

}  // namespace

Result<Url> parse_url(const std::string& text) {
    const auto url = new_handle();
    if (const auto code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags); code != CURLUE_OK)
        return refusal("not a URL", code);
    return parts(url.get());
}

Result<Url> resolve_url(const Url& base, const std::string& location) {
    const auto url = new_handle();
    if (const auto code = curl_url_set(url.get(), CURLUPART_URL, base.text.c_str(), flags); code != CURLUE_OK)
        return refusal("not a URL", code);
    if (const auto code = curl_url_set(url.get(), CURLUPART_URL, location.c_str(), flags); code != CURLUE_OK)
        return refusal("redirected to something that is not a URL", code);
    return parts(url.get());
}

std::string without_user_info(std::string text) {
    for (auto at = text.find("//"); at != std::string::npos; at = text.find("//", at + 2)) {
        const auto end = std::min(text.find_first_of("/?# '\"", at + 2), text.size());
        const auto sign = text.substr(at + 2, end - at - 2).rfind('@');
        if (sign != std::string::npos) text.erase(at + 2, sign + 1);
    }
    return text;
}

}  // namespace update
