// Private keys: what a publisher needs and an endpoint never has.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <update/result.hpp>

#include "ports/cryptography.hpp"

namespace update {

/// A public key as metadata writes it: hexadecimal for Ed25519, PEM otherwise.
struct PublicKey {
    KeyScheme scheme = KeyScheme::ed25519;
    std::string text;
    bool operator==(const PublicKey&) const = default;
};

class SigningKey {
 public:
    virtual ~SigningKey() = default;
    virtual const PublicKey& public_key() const = 0;
    /// @return the raw signature; an error of the signer (a command, a token) as it came
    virtual Result<std::string> sign(std::string_view message) = 0;
};

/// A private key in this process.
class LocalKey : public SigningKey {
 public:
    /// PKCS #8 in PEM, encrypted: scrypt and AES-256.
    /// @return `refused` for an empty passphrase: a private key is never written in clear
    virtual Result<std::string> to_pem(std::string_view passphrase) const = 0;
};

class Keysmith {
 public:
    virtual ~Keysmith() = default;
    virtual Result<std::unique_ptr<LocalKey>> generate(KeyScheme) = 0;
    /// RSA keys sign with PSS.
    /// @return `refused` for a wrong passphrase and for what is no private key that can be used here
    virtual Result<std::unique_ptr<LocalKey>> load(std::string_view pem, std::string_view passphrase) = 0;
    /// Of a key that is elsewhere: SubjectPublicKeyInfo in PEM. RSA keys sign with PSS.
    /// @return `refused` for what is no public key of a kind that is used here
    virtual Result<PublicKey> read_public(std::string_view pem) = 0;
};

}  // namespace update
