#include <windows.h>

#include "system_certificate.hpp"
// Not before windows.h.
#include <wincrypt.h>

namespace update::test {

std::vector<unsigned char> system_certificate() {
    const auto store = ::CertOpenSystemStoreW(0, L"ROOT");
    std::vector<unsigned char> bytes;
    const CERT_CONTEXT* entry = nullptr;
    while (bytes.empty() && (entry = ::CertEnumCertificatesInStore(store, entry)) != nullptr)
        if (::CertVerifyTimeValidity(nullptr, entry->pCertInfo) == 0)
            bytes.assign(entry->pbCertEncoded, entry->pbCertEncoded + entry->cbCertEncoded);
    if (entry != nullptr) ::CertFreeCertificateContext(entry);
    ::CertCloseStore(store, 0);
    return bytes;
}

}  // namespace update::test
