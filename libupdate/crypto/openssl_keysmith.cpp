#include "crypto/openssl_keysmith.hpp"

#include <array>
#include <cstring>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <optional>

#include "base/hex.hpp"
#include "crypto/openssl_handles.hpp"

namespace update {
namespace {

using namespace openssl;

// 32 MiB and about 0.1 s for every guess at a passphrase; what OpenSSL allows without being told otherwise.
constexpr std::uint64_t scrypt_n = 1 << 14, scrypt_r = 8, scrypt_p = 1;
constexpr unsigned rsa_bits_new = 3072;

Error trouble(const char* what) { return {ErrorCode::refused, what}; }

std::optional<KeyScheme> scheme_of(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyScheme::ed25519;
    if (EVP_PKEY_is_a(key, "EC") == 1 && is_p256(key)) return KeyScheme::ecdsa_sha2_p256;
    if (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= rsa_bits_min)
        return KeyScheme::rsa_pss_sha256;
    return std::nullopt;
}

std::string content_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(length)};
}

std::string public_text(KeyScheme scheme, EVP_PKEY* key) {
    if (scheme == KeyScheme::ed25519) {
        std::array<unsigned char, 32> raw{};
        std::size_t length = raw.size();
        EVP_PKEY_get_raw_public_key(key, raw.data(), &length);
        return to_hex({reinterpret_cast<const char*>(raw.data()), length});
    }
    const Bio bio{BIO_new(BIO_s_mem())};
    if (!bio || PEM_write_bio_PUBKEY(bio.get(), key) != 1) return {};
    return content_of(bio.get());
}

class OpensslLocalKey final : public LocalKey {
 public:
    OpensslLocalKey(KeyScheme scheme, Key key)
        : key_{std::move(key)}, public_{scheme, public_text(scheme, key_.get())} {}

    const PublicKey& public_key() const override { return public_; }

    Result<std::string> sign(std::string_view message) override {
        const ErrorsCleared cleared;
        const DigestContext context{EVP_MD_CTX_new()};
        EVP_PKEY_CTX* parameters = nullptr;
        const EVP_MD* digest = public_.scheme == KeyScheme::ed25519 ? nullptr : EVP_sha256();
        if (!context || EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, key_.get()) != 1)
            return trouble("the key cannot sign");
        if (public_.scheme == KeyScheme::rsa_pss_sha256 &&
            (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
             EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1))
            return trouble("the key cannot sign with PSS");
        std::size_t length = 0;
        if (EVP_DigestSign(context.get(), nullptr, &length, bytes_of(message), message.size()) != 1)
            return trouble("signing failed");
        std::string signature(length, '\0');
        if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                           bytes_of(message), message.size()) != 1)
            return trouble("signing failed");
        signature.resize(length);
        return signature;
    }

    Result<std::string> to_pem(std::string_view passphrase) const override {
        const ErrorsCleared cleared;
        if (passphrase.empty()) return trouble("an empty passphrase protects nothing");
        const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free> info{EVP_PKEY2PKCS8(key_.get())};
        std::array<unsigned char, 16> salt{}, iv{};
        if (!info || RAND_bytes(salt.data(), salt.size()) != 1 || RAND_bytes(iv.data(), iv.size()) != 1)
            return trouble("the key cannot be written");
        X509_ALGOR* algorithm =
            PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt.data(), static_cast<int>(salt.size()), iv.data(),
                                  scrypt_n, scrypt_r, scrypt_p);
        // Takes the algorithm over.
        const std::unique_ptr<X509_SIG, Free> envelope{
            algorithm == nullptr ? nullptr
                                 : PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()),
                                                  info.get(), algorithm)};
        const Bio bio{BIO_new(BIO_s_mem())};
        if (!envelope || !bio || PEM_write_bio_PKCS8(bio.get(), envelope.get()) != 1)
            return trouble("the key cannot be encrypted");
        return content_of(bio.get());
    }

 private:
    Key key_;
    PublicKey public_;
};

/// OpenSSL would ask at the terminal without this.
int give_passphrase(char* into, int room, int, void* passphrase) {
    const auto& text = *static_cast<const std::string_view*>(passphrase);
    if (std::cmp_greater(text.size(), room)) return -1;
    std::memcpy(into, text.data(), text.size());
    return static_cast<int>(text.size());
}

}  // namespace

OpensslKeysmith::OpensslKeysmith() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

Result<std::unique_ptr<LocalKey>> OpensslKeysmith::generate(KeyScheme scheme) {
    const ErrorsCleared cleared;
    Key key;
    if (scheme == KeyScheme::ed25519) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (scheme == KeyScheme::ecdsa_sha2_p256) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    if (scheme == KeyScheme::rsa_pss_sha256)
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits_new}));
    if (!key) return trouble("no such key can be made");
    return std::unique_ptr<LocalKey>{std::make_unique<OpensslLocalKey>(scheme, std::move(key))};
}

Result<std::unique_ptr<LocalKey>> OpensslKeysmith::load(std::string_view pem, std::string_view passphrase) {
    const ErrorsCleared cleared;
    const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    Key key{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_passphrase, &passphrase) : nullptr};
    if (!key) return trouble("not a private key in PEM, or another passphrase");
    const auto scheme = scheme_of(key.get());
    if (!scheme) return trouble("a private key of a kind that is not used here");
    return std::unique_ptr<LocalKey>{std::make_unique<OpensslLocalKey>(*scheme, std::move(key))};
}

Result<PublicKey> OpensslKeysmith::read_public(std::string_view pem) {
    const ErrorsCleared cleared;
    const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    const Key key{bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr};
    if (!key) return trouble("not a public key in PEM (\"BEGIN PUBLIC KEY\")");
    const auto scheme = scheme_of(key.get());
    if (!scheme) return trouble("a public key of a kind that is not used here: Ed25519, ECDSA P-256 or RSA");
    return PublicKey{*scheme, public_text(*scheme, key.get())};
}

}  // namespace update
