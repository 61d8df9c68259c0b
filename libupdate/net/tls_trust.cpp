#include "net/tls_trust.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <utility>

#include "net/system_trust.hpp"

namespace update {
namespace {

CURLcode fill_context(CURL*, void* context, void* self) {
    return static_cast<TlsTrust*>(self)->fill(context) ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

}  // namespace

TlsTrust::TlsTrust(std::string ca_file) : ca_file_{std::move(ca_file)} {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    system_ = std::make_unique<SystemTrust>();
}

TlsTrust::~TlsTrust() = default;

Status TlsTrust::apply_to(void* easy) {
    // Nothing is loaded by curl itself: it would refuse to connect where the system has no store at all.
    for (const auto option : {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH})
        curl_easy_setopt(easy, option, static_cast<const char*>(nullptr));
    if (curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &fill_context) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this) != CURLE_OK)
        return Error{ErrorCode::unsupported, "this libcurl does not use OpenSSL for TLS"};
    return done();
}

bool TlsTrust::fill(void* context) {
    auto* ssl = static_cast<SSL_CTX*>(context);
    trouble_.clear();
    if (!system_->add_to(ssl)) {
        trouble_ = fmt::format("no CA certificates could be read from {}", system_->place());
        return false;
    }
    if (ca_file_.empty() || SSL_CTX_load_verify_file(ssl, ca_file_.c_str()) == 1) return true;
    trouble_ = fmt::format("no CA certificates could be read from {}", ca_file_);
    return false;
}

}  // namespace update
