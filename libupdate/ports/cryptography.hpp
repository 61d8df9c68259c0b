// Public-key signatures and digests, as signed metadata needs them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update {

enum class KeyScheme : std::uint8_t {
    ed25519,           ///< RFC 8032, pure
    ecdsa_sha2_p256,   ///< curve P-256, SHA-256, signature in DER
    rsa_pss_sha256,    ///< 2048 to 16384 bits, MGF1 with SHA-256, any length of the salt
    rsa_pkcs1_sha256,  ///< the same keys with PKCS #1 v1.5
};

/// Immutable: any thread may use it.
class VerifyingKey {
 public:
    virtual ~VerifyingKey() = default;
    /// @param signature  raw bytes, from anywhere
    virtual bool verifies(std::string_view message, std::string_view signature) const = 0;
    /// What the key is, however it was written down: equal exactly for the same key (DER,
    /// SubjectPublicKeyInfo).
    virtual const std::string& material() const = 0;
};

enum class DigestKind : std::uint8_t { sha256, sha384, sha512 };
class DigestStream {
 public:
    virtual ~DigestStream() = default;
    virtual void update(std::span<const std::byte>) = 0;
    /// Lower-case hexadecimal. Ends the stream; call once.
    virtual std::string finish() = 0;
};

class Cryptography {
 public:
    virtual ~Cryptography() = default;
    /// @param text  SubjectPublicKeyInfo in PEM, or hexadecimal: 32 bytes of Ed25519, an uncompressed point
    /// of P-256
    /// @return `refused` when it is no such key: do not use it
    virtual Result<std::unique_ptr<VerifyingKey>> verifying_key(KeyScheme, const std::string& text) = 0;
    virtual std::unique_ptr<DigestStream> digest(DigestKind) = 0;
};

}  // namespace update
