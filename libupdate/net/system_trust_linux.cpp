#include <algorithm>
#include <curl/curl.h>
#include <filesystem>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/system_trust.hpp"

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

}  // namespace

SystemTrust::SystemTrust() {
    const auto* curl = curl_version_info(CURLVERSION_NOW);
    // The directory is read on demand, one file per issuer; the bundle of a Debian system takes 20 ms and 3
    // MB of memory for each connection, so it serves only where there is no such directory.
    directory_ = first_hashed({curl->capath, X509_get_default_cert_dir()});
    if (directory_.empty()) bundle_ = first_existing({curl->cainfo, X509_get_default_cert_file()});
}

bool SystemTrust::add_to(void* ssl_context) {
    auto* ssl = static_cast<SSL_CTX*>(ssl_context);
    if (!directory_.empty()) return SSL_CTX_load_verify_dir(ssl, directory_.c_str()) == 1;
    return bundle_.empty() || SSL_CTX_load_verify_file(ssl, bundle_.c_str()) == 1;
}

std::string SystemTrust::place() const { return directory_.empty() ? bundle_ : directory_; }

}  // namespace update
