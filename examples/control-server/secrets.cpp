#include "secrets.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <vector>

#include "log.hpp"

namespace control {
namespace {

// Digest and random failures mean that the crypto library is unusable: nothing here could go on safely.
void require(bool ok, const char* what) {
    if (ok) return;
    log("{} failed", what);
    std::abort();
}

class Digest {
 public:
    Digest() {
        require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
                "SHA-256");
    }
    void update(const void* bytes, std::size_t count) {
        require(EVP_DigestUpdate(context_.get(), bytes, count) == 1, "SHA-256");
    }
    std::string hex() {
        std::array<char, 32> bytes{};
        require(
            EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(bytes.data()), nullptr) == 1,
            "SHA-256");
        return control::hex({bytes.data(), bytes.size()});
    }

 private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

}  // namespace

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

std::string random_hex(std::size_t bytes) {
    std::string raw(bytes, '\0');
    require(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size())) == 1,
            "random");
    return hex(raw);
}

std::string sha256_hex(std::string_view first, std::string_view second) {
    Digest digest;
    digest.update(first.data(), first.size());
    digest.update(second.data(), second.size());
    return digest.hex();
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> sha256_of_file(const OpenFile& file) {
    const std::uint64_t size_bytes = file.info().size_bytes;
    Digest digest;
    std::vector<char> buffer(1 << 20);
    for (std::uint64_t at = 0; at < size_bytes;) {
        const auto want = std::min<std::uint64_t>(buffer.size(), size_bytes - at);
        const std::size_t got = file.read(at, buffer.data(), want);
        if (got == 0) return update::Error{update::ErrorCode::retry_later, "file cannot be read to its end"};
        digest.update(buffer.data(), got);
        at += got;
    }
    return digest.hex();
}

}  // namespace control
