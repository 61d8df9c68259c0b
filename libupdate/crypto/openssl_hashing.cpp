#include "crypto/openssl_hashing.hpp"

#include <cstdio>
#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace update {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Without a digest no byte can be trusted, and no caller could react: stop instead of carrying on
/// unverified.
void require(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "OpenSSL: %s failed\n", what);
    std::abort();
}

class OpensslSha256 : public Sha256Stream {
 public:
    explicit OpensslSha256(const EVP_MD* algorithm) : context_{EVP_MD_CTX_new()} {
        require(context_ != nullptr, "EVP_MD_CTX_new");
        require(EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1, "EVP_DigestInit_ex2");
    }
    void update(std::span<const std::byte> bytes) override {
        require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "EVP_DigestUpdate");
    }
    Sha256 finish() override {
        Sha256 digest{};
        unsigned length = 0;
        require(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1 && length == digest.size(),
                "EVP_DigestFinal_ex");
        return digest;
    }

 private:
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace

/// Fetched once: in OpenSSL 3 each implicit fetch searches the providers again.
struct OpensslHashing::Algorithm {
    EVP_MD* digest = nullptr;
    ~Algorithm() { EVP_MD_free(digest); }
};

OpensslHashing::OpensslHashing() : algorithm_{std::make_unique<Algorithm>()} {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    algorithm_->digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(algorithm_->digest != nullptr, "EVP_MD_fetch(SHA256)");
}
OpensslHashing::~OpensslHashing() = default;

std::unique_ptr<Sha256Stream> OpensslHashing::sha256() {
    return std::make_unique<OpensslSha256>(algorithm_->digest);
}

}  // namespace update
