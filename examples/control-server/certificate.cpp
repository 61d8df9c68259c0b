#include "certificate.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "system.hpp"

namespace control {
namespace {

using update::Error;
using update::ErrorCode;
using update::Result;
using update::Status;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long year_s = 365L * 24 * 3600;
constexpr long skew_s = 3600;  // clocks of the machines that check it may be behind ours

Error crypto_error(const char* what) { return Error{ErrorCode::bug, std::string{what} + " failed"}; }

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free};
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509* certificate, const std::string& common_name, const X509_NAME* issuer, EVP_PKEY* key) {
    unsigned char serial[16];
    if (RAND_bytes(serial, sizeof serial) != 1) return false;
    serial[0] &= 0x7f;  // serial numbers are positive
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{BN_bin2bn(serial, sizeof serial, nullptr),
                                                             BN_free};
    X509_NAME* subject = X509_get_subject_name(certificate);
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
           X509_set_version(certificate, X509_VERSION_3) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -skew_s) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), year_s) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(certificate, issuer != nullptr ? issuer : subject) == 1 &&
           X509_set_pubkey(certificate, key) == 1;
}

struct Identity {
    KeyPtr key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    CertificatePtr certificate{X509_new(), X509_free};
    explicit operator bool() const { return key && certificate; }
};

Result<Identity> make_authority() {
    Identity ca;
    if (!ca || !fill(ca.certificate.get(), "control-server authority", nullptr, ca.key.get()))
        return crypto_error("making the authority");
    X509* self = ca.certificate.get();
    if (!add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(self, self, NID_subject_key_identifier, "hash") ||
        X509_sign(self, ca.key.get(), EVP_sha256()) == 0)
        return crypto_error("signing the authority");
    return ca;
}

bool is_ip(const std::string& name) {
    const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> address{
        a2i_IPADDRESS(name.c_str()), ASN1_OCTET_STRING_free};
    return address != nullptr;
}

Result<std::string> alternative_names(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' || c == '*';
        });
        if (name.empty() || name.size() > 64 || !plain ||
            (!is_ip(name) && name.find(':') != std::string::npos))
            return Error{ErrorCode::refused, "not a DNS name or IP address: " + name};
        list += (list.empty() ? "" : ",") + std::string{is_ip(name) ? "IP:" : "DNS:"} + name;
    }
    if (list.empty()) return Error{ErrorCode::refused, "at least one name is needed"};
    return list;
}

Result<Identity> make_server(const Identity& ca, const std::vector<std::string>& names) {
    UPDATE_TRY(alternatives, alternative_names(names), "server certificate");
    Identity server;
    X509* issuer = ca.certificate.get();
    if (!server ||
        !fill(server.certificate.get(), names.front(), X509_get_subject_name(issuer), server.key.get()))
        return crypto_error("making the server certificate");
    X509* own = server.certificate.get();
    if (!add_extension(own, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(own, issuer, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(own, issuer, NID_ext_key_usage, "serverAuth") ||
        !add_extension(own, issuer, NID_subject_key_identifier, "hash") ||
        !add_extension(own, issuer, NID_authority_key_identifier, "keyid") ||
        !add_extension(own, issuer, NID_subject_alt_name, alternatives) ||
        X509_sign(own, ca.key.get(), EVP_sha256()) == 0)
        return crypto_error("signing the server certificate");
    return server;
}

/// As PEM, which `write` puts into a BIO.
template <class Write>
Status write_pem(const std::string& path, Readers readers, Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> text{BIO_new(BIO_s_mem()), BIO_free};
    if (!text || write(text.get()) != 1) return crypto_error("writing PEM");
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(text.get(), &bytes);
    return write_file(path, readers, {bytes, static_cast<std::size_t>(count)});
}

}  // namespace

Status make_certificate(const std::string& directory, const std::vector<std::string>& names) {
    UPDATE_TRY(ca, make_authority(), "make certificate");
    UPDATE_TRY(server, make_server(ca, names), "make certificate");
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) return Error{ErrorCode::permission, directory, failed};
    UPDATE_CHECK(write_pem(directory + "/ca.pem", Readers::everybody,
                           [&](BIO* text) { return PEM_write_bio_X509(text, ca.certificate.get()); }),
                 "make certificate");
    UPDATE_CHECK(write_pem(directory + "/server.pem", Readers::everybody,
                           [&](BIO* text) { return PEM_write_bio_X509(text, server.certificate.get()); }),
                 "make certificate");
    return write_pem(directory + "/server.key", Readers::owner, [&](BIO* text) {
        return PEM_write_bio_PKCS8PrivateKey(text, server.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

}  // namespace control
