// Whom TLS connections trust: the operating system's store and, beside it, one more bundle. The only file of
// net/ that sees OpenSSL, because curl's own options can only replace the store.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

class TlsTrust {
 public:
    /// Initialises OpenSSL without configuration file (R8); to be made before curl is initialised.
    /// @param ca_file  PEM bundle, or empty
    explicit TlsTrust(std::string ca_file);

    /// @param easy  a `CURL*`; every connection that it opens asks this object, which must outlive it
    /// @return `unsupported` when curl was built with another TLS library
    Status apply_to(void* easy);
    /// Why the last connection could not be given its trust; empty when it could.
    const std::string& trouble() const { return trouble_; }

    /// Called by curl for each new connection. @param context  an `SSL_CTX*`
    bool fill(void* context);

 private:
    std::string ca_file_;
    std::string system_directory_, system_bundle_;
    std::string trouble_;
};

}  // namespace update
