// Private keys by OpenSSL 3.
#pragma once
#include "ports/signing.hpp"

namespace update {

/// Stateless: any thread may use it.
class OpensslKeysmith : public Keysmith {
 public:
    OpensslKeysmith();
    Result<std::unique_ptr<LocalKey>> generate(KeyScheme) override;
    Result<std::unique_ptr<LocalKey>> load(std::string_view pem, std::string_view passphrase) override;
    Result<PublicKey> read_public(std::string_view pem) override;
};

}  // namespace update
