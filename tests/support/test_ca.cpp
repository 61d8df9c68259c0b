#include "support/test_ca.hpp"

#include <cstdio>
#include <memory>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace update::test {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error{std::string{"test CA: "} + what};
}

struct Wish {
    const char* name;
    long serial;
    bool authority;
};

void extend(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free> extension{
        X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

/// Signed by `issuer`, or by itself when that is null.
Certificate certify(const Wish& wish, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    Certificate certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), wish.serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * 3600);
    X509_set_pubkey(certificate.get(), key);
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(wish.name),
                               -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer : certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    extend(certificate.get(), signer, NID_basic_constraints,
           wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!wish.authority) extend(certificate.get(), signer, NID_subject_alt_name, "IP:127.0.0.1");
    require(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "sign");
    return certificate;
}

std::unique_ptr<std::FILE, Free> open_for_writing(const std::string& path) {
    std::unique_ptr<std::FILE, Free> file{std::fopen(path.c_str(), "w")};
    require(file != nullptr, "open");
    return file;
}

}  // namespace

TestCa::TestCa() {
    const Key ca_key{EVP_EC_gen("P-256")};
    const Key key{EVP_EC_gen("P-256")};
    require(ca_key && key, "keys");
    const auto ca = certify({"update test CA", 1, true}, ca_key.get(), nullptr, ca_key.get());
    const auto server = certify({"update test server", 2, false}, key.get(), ca.get(), ca_key.get());
    require(PEM_write_X509(open_for_writing(ca_file()).get(), ca.get()) == 1, "write");
    require(PEM_write_X509(open_for_writing(certificate_file()).get(), server.get()) == 1, "write");
    require(PEM_write_PrivateKey(open_for_writing(key_file()).get(), key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1,
            "write");
}

}  // namespace update::test
