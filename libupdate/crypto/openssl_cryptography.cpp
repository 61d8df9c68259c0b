#include "crypto/openssl_cryptography.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/hex.hpp"
#include "crypto/openssl_handles.hpp"

namespace update {
namespace {

using namespace openssl;

constexpr std::size_t key_text_bytes_max = 16 * 1024;

Key from_pem(const std::string& text) {
    const Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    return Key{bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr};
}

Key ed25519_from(const std::string& raw) {
    return Key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size())};
}

Key p256_from(std::string raw) {
    char group[] = "P-256";
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, raw.data(), raw.size()),
        OSSL_PARAM_construct_end()};
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.data()) != 1)
        return nullptr;
    return Key{key};
}

Key parse(KeyScheme scheme, const std::string& text) {
    if (text.find("-----BEGIN") != std::string::npos) return from_pem(text);
    const auto raw = from_hex(text);
    if (!raw) return nullptr;
    if (scheme == KeyScheme::ed25519) return ed25519_from(*raw);
    if (scheme == KeyScheme::ecdsa_sha2_p256) return p256_from(*raw);
    return nullptr;
}

/// Curve parameters that are written out instead of named: one more spelling of a key, and a source of
/// forgeries (CVE-2020-0601).
bool has_named_curve(EVP_PKEY* key) {
    int is_written_out = 0;
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_written_out) !=
               1 ||
           is_written_out == 0;
}

/// A point that is none of the curve, or the neutral one, would make a key that anybody can sign for.
bool is_sound_point(EVP_PKEY* key) {
    const KeyContext context{EVP_PKEY_CTX_new(key, nullptr)};
    return context && EVP_PKEY_public_check(context.get()) == 1;
}

/// The scheme says what kind of key it must be: a key of another kind would be used in a way nobody signed
/// for.
bool fits(KeyScheme scheme, EVP_PKEY* key) {
    switch (scheme) {
        case KeyScheme::ed25519:
            return EVP_PKEY_is_a(key, "ED25519") == 1;
        case KeyScheme::ecdsa_sha2_p256:
            return EVP_PKEY_is_a(key, "EC") == 1 && is_p256(key) && has_named_curve(key) &&
                   is_sound_point(key);
        case KeyScheme::rsa_pss_sha256:
        case KeyScheme::rsa_pkcs1_sha256:
            return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= rsa_bits_min &&
                   EVP_PKEY_get_bits(key) <= rsa_bits_max;
    }
    return false;
}

std::string to_der(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key, &der);
    std::string text;
    if (length > 0) text.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return text;
}

std::string number_of(EVP_PKEY* key, const char* parameter) {
    BIGNUM* number = nullptr;
    std::array<unsigned char, 32> bytes{};
    const bool fits = EVP_PKEY_get_bn_param(key, parameter, &number) == 1 &&
                      BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) > 0;
    BN_free(number);
    return fits ? std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()} : std::string{};
}

/// The same for the same key: a point may come compressed or not, and would be written as it came.
std::string material_of(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "EC") != 1) return to_der(key);
    const auto plain = p256_from("\x04" + number_of(key, OSSL_PKEY_PARAM_EC_PUB_X) +
                                 number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y));
    return plain ? to_der(plain.get()) : std::string{};
}

class OpensslKey final : public VerifyingKey {
 public:
    OpensslKey(KeyScheme scheme, Key key)
        : scheme_{scheme}, key_{std::move(key)}, material_{material_of(key_.get())} {}

    bool verifies(std::string_view message, std::string_view signature) const override {
        const ErrorsCleared cleared;
        if (!has_one_spelling(signature)) return false;
        const DigestContext context{EVP_MD_CTX_new()};
        EVP_PKEY_CTX* parameters = nullptr;
        const EVP_MD* digest = scheme_ == KeyScheme::ed25519 ? nullptr : EVP_sha256();
        if (!context || EVP_DigestVerifyInit(context.get(), &parameters, digest, nullptr, key_.get()) != 1)
            return false;
        if (scheme_ == KeyScheme::rsa_pss_sha256 && !set_pss(parameters)) return false;
        return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                                message.size()) == 1;
    }
    const std::string& material() const override { return material_; }

 private:
    /// A signature of RSA is as long as the modulus (RFC 8017, 8.1.2). OpenSSL takes one without its leading
    /// zeros, too: the same signature in another spelling.
    bool has_one_spelling(std::string_view signature) const {
        return EVP_PKEY_is_a(key_.get(), "RSA") != 1 ||
               signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    }

    static bool set_pss(EVP_PKEY_CTX* parameters) {
        return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_AUTO) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()) == 1;
    }

    KeyScheme scheme_;
    Key key_;
    std::string material_;
};

void require(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "OpenSSL: %s failed\n", what);
    std::abort();
}

const EVP_MD* algorithm(DigestKind kind) {
    switch (kind) {
        case DigestKind::sha256:
            return EVP_sha256();
        case DigestKind::sha384:
            return EVP_sha384();
        case DigestKind::sha512:
            return EVP_sha512();
    }
    return nullptr;
}

class OpensslDigest final : public DigestStream {
 public:
    explicit OpensslDigest(DigestKind kind) : context_{EVP_MD_CTX_new()} {
        require(context_ != nullptr && EVP_DigestInit_ex2(context_.get(), algorithm(kind), nullptr) == 1,
                "EVP_DigestInit_ex2");
    }
    void update(std::span<const std::byte> bytes) override {
        require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "EVP_DigestUpdate");
    }
    std::string finish() override {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned length = 0;
        require(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1, "EVP_DigestFinal_ex");
        return to_hex({reinterpret_cast<const char*>(digest.data()), length});
    }

 private:
    DigestContext context_;
};

}  // namespace

OpensslCryptography::OpensslCryptography() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

Result<std::unique_ptr<VerifyingKey>> OpensslCryptography::verifying_key(KeyScheme scheme,
                                                                         const std::string& text) {
    const ErrorsCleared cleared;
    if (text.size() > key_text_bytes_max) return Error{ErrorCode::refused, "a public key longer than 16 KiB"};
    Key key = parse(scheme, text);
    if (!key) return Error{ErrorCode::refused, "not a public key in PEM or hexadecimal"};
    if (!fits(scheme, key.get()))
        return Error{ErrorCode::refused, "not a public key of the kind that its scheme needs"};
    auto usable = std::make_unique<OpensslKey>(scheme, std::move(key));
    if (usable->material().empty()) return Error{ErrorCode::refused, "a public key that cannot be written"};
    return std::unique_ptr<VerifyingKey>{std::move(usable)};
}

std::unique_ptr<DigestStream> OpensslCryptography::digest(DigestKind kind) {
    return std::make_unique<OpensslDigest>(kind);
}

}  // namespace update
