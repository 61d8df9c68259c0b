#include "net/tls_trust.hpp"

#include <doctest/doctest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "support/test_ca.hpp"
#include "system_certificate.hpp"

namespace update {
namespace {

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_STORE_CTX* check) const { X509_STORE_CTX_free(check); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};

bool trusts(SSL_CTX* context, X509* certificate) {
    const std::unique_ptr<X509_STORE_CTX, Free> check{X509_STORE_CTX_new()};
    X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), certificate, nullptr);
    return X509_verify_cert(check.get()) == 1;
}
bool trusts(SSL_CTX* context, const std::string& certificate_file) {
    const std::unique_ptr<BIO, Free> file{BIO_new_file(certificate_file.c_str(), "r")};
    const std::unique_ptr<X509, Free> certificate{PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)};
    return trusts(context, certificate.get());
}

}  // namespace

TEST_CASE("an extra CA is trusted beside the system's store, not instead of it") {
    const auto encoded = test::system_certificate();
    const unsigned char* bytes = encoded.data();
    const std::unique_ptr<X509, Free> system{d2i_X509(nullptr, &bytes, static_cast<long>(encoded.size()))};
    if (!system) {
        MESSAGE("skipped: this machine's store has no certificates");
        return;
    }
    const test::TestCa ca;
    const std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_client_method())};
    TlsTrust trust{ca.ca_file()};
    REQUIRE(trust.fill(context.get()));
    CHECK(trusts(context.get(), system.get()));
    CHECK(trusts(context.get(), ca.ca_file()));
}

TEST_CASE("without an extra CA only the system's store is trusted") {
    const test::TestCa ca;
    const std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_client_method())};
    TlsTrust trust{""};
    REQUIRE(trust.fill(context.get()));
    CHECK_FALSE(trusts(context.get(), ca.ca_file()));
}

TEST_CASE("an extra CA that cannot be read is reported by its name") {
    const std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_client_method())};
    TlsTrust trust{"/nowhere/ca.pem"};
    CHECK_FALSE(trust.fill(context.get()));
    CHECK(trust.trouble().find("/nowhere/ca.pem") != std::string::npos);
}

}  // namespace update
