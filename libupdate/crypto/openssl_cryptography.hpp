// Signatures and digests by OpenSSL 3.
#pragma once
#include "ports/cryptography.hpp"

namespace update {

/// Stateless: any thread may use it. Initialises OpenSSL without a configuration file, as OpensslHashing
/// does. `digest` ends the process when OpenSSL lacks the algorithm or memory: nothing can be verified then.
class OpensslCryptography : public Cryptography {
 public:
    OpensslCryptography();
    Result<std::unique_ptr<VerifyingKey>> verifying_key(KeyScheme, const std::string& text) override;
    std::unique_ptr<DigestStream> digest(DigestKind) override;
};

}  // namespace update
