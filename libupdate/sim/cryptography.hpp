#pragma once
#include "ports/cryptography.hpp"

namespace update::sim {

/// Signatures that anybody can make: nobody attacks here, and each is checked a hundred thousand times. What
/// is played is what happens when bytes are not those that were signed.
class SimCryptography final : public Cryptography {
 public:
    Result<std::unique_ptr<VerifyingKey>> verifying_key(KeyScheme, const std::string& text) override;
    std::unique_ptr<DigestStream> digest(DigestKind) override;
};

/// By the key that is written down as `key`. Raw bytes.
std::string signature_of(std::string_view key, std::string_view message);

}  // namespace update::sim
