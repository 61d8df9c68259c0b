#include "net/curl_error.hpp"

#include <fmt/format.h>

#include "net/curl_url.hpp"

namespace update {
namespace {

/// CURLE_UNSUPPORTED_PROTOCOL is passing trouble here: schemes were checked before, so it means an answer
/// that is not HTTP/1.1 at all, as broken middle boxes give.
ErrorCode reaction(CURLcode code) {
    switch (code) {
        case CURLE_URL_MALFORMAT:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
            return ErrorCode::refused;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CRL_BADFILE:
        case CURLE_SSL_INVALIDCERTSTATUS:
            return ErrorCode::permission;
        case CURLE_BAD_FUNCTION_ARGUMENT:
        case CURLE_UNKNOWN_OPTION:
        case CURLE_NOT_BUILT_IN:
            return ErrorCode::bug;
        default:
            return ErrorCode::retry_later;
    }
}

/// These texts quote the configured address or proxy, passwords included.
bool quotes_configuration(CURLcode code) {
    return code == CURLE_URL_MALFORMAT || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY;
}

}  // namespace

Error error_of(CURLcode code, const char* detail) {
    const bool usable = detail != nullptr && *detail != '\0' && !quotes_configuration(code);
    const std::string text = usable ? detail : curl_easy_strerror(code);
    return {reaction(code), fmt::format("{} (curl {})", without_user_info(text), static_cast<int>(code))};
}

}  // namespace update
