#include <memory>

#include "net/system_trust.hpp"
// The order is Windows' and OpenSSL's: wincrypt.h defines names of OpenSSL's as numbers, which OpenSSL takes
// back.
#include <windows.h>
// Not before windows.h.
#include <wincrypt.h>
// Not before wincrypt.h.
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace update {
namespace {

struct CloseStore {
    void operator()(void* store) const { ::CertCloseStore(store, 0); }
};
struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

SystemTrust::SystemTrust() : directory_{"the certificate store ROOT of Windows"} {}

/// What the administrator and Windows trust for this account and this machine. Certificates that OpenSSL
/// cannot read are left out: nobody can be verified by them anyway.
bool SystemTrust::add_to(void* ssl_context) {
    const std::unique_ptr<void, CloseStore> store{::CertOpenSystemStoreW(0, L"ROOT")};
    if (!store) return false;
    auto* trusted = SSL_CTX_get_cert_store(static_cast<SSL_CTX*>(ssl_context));
    const CERT_CONTEXT* entry = nullptr;
    while ((entry = ::CertEnumCertificatesInStore(store.get(), entry)) != nullptr) {
        const unsigned char* bytes = entry->pbCertEncoded;
        const std::unique_ptr<X509, FreeCertificate> certificate{
            d2i_X509(nullptr, &bytes, static_cast<long>(entry->cbCertEncoded))};
        if (certificate) X509_STORE_add_cert(trusted, certificate.get());
    }
    return true;
}

std::string SystemTrust::place() const { return directory_; }

}  // namespace update
