#include <filesystem>
#include <memory>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "system_certificate.hpp"

namespace update::test {

std::vector<unsigned char> system_certificate() {
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator{"/etc/ssl/certs", failed}) {
        if (entry.path().extension() != ".0") continue;
        const std::unique_ptr<BIO, decltype(&BIO_free)> file{BIO_new_file(entry.path().c_str(), "r"),
                                                             &BIO_free};
        const std::unique_ptr<X509, decltype(&X509_free)> certificate{
            PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), &X509_free};
        if (!certificate) continue;
        std::vector<unsigned char> bytes(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
        unsigned char* end = bytes.data();
        i2d_X509(certificate.get(), &end);
        return bytes;
    }
    return {};
}

}  // namespace update::test
