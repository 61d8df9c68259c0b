#include "net/tls_trust.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <filesystem>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace update {
namespace {

/// OpenSSL finds certificates in a directory under names like "8d33f237.0".
bool is_hash_name(const std::string& name) {
    return name.size() >= 10 && name[8] == '.' && name.find_first_not_of("0123456789abcdef") == 8;
}
bool has_hashed_certificates(const std::string& directory) {
    std::error_code failed;
    const std::filesystem::directory_iterator entries{directory, failed};
    return !failed && std::any_of(begin(entries), end(entries), [](const auto& entry) {
        return is_hash_name(entry.path().filename().string());
    });
}
std::string first_existing(std::initializer_list<const char*> files) {
    std::error_code failed;
    for (const char* file : files)
        if (file != nullptr && std::filesystem::exists(file, failed)) return file;
    return {};
}
std::string first_hashed(std::initializer_list<const char*> directories) {
    for (const char* directory : directories)
        if (directory != nullptr && has_hashed_certificates(directory)) return directory;
    return {};
}

CURLcode fill_context(CURL*, void* context, void* self) {
    return static_cast<TlsTrust*>(self)->fill(context) ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

}  // namespace

TlsTrust::TlsTrust(std::string ca_file) : ca_file_{std::move(ca_file)} {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    const auto* curl = curl_version_info(CURLVERSION_NOW);
    // The directory is read on demand, one file per issuer; the bundle of a Debian system takes 20 ms and 3
    // MB of memory for each connection, so it serves only where there is no such directory.
    system_directory_ = first_hashed({curl->capath, X509_get_default_cert_dir()});
    if (system_directory_.empty())
        system_bundle_ = first_existing({curl->cainfo, X509_get_default_cert_file()});
}

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
    const auto load = [&](const std::string& from, auto* loader) {
        if (from.empty() || loader(ssl, from.c_str()) == 1) return true;
        trouble_ = fmt::format("no CA certificates could be read from {}", from);
        return false;
    };
    return load(system_directory_, &SSL_CTX_load_verify_dir) &&
           load(system_bundle_, &SSL_CTX_load_verify_file) && load(ca_file_, &SSL_CTX_load_verify_file);
}

}  // namespace update
