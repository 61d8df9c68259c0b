// Whom TLS connections trust: the operating system's store and, beside it, one more bundle. Sees OpenSSL
// (as its twins for the system's store do), because curl's own options can only replace the store.
#pragma once
#include <memory>
#include <string>

#include <update/result.hpp>

namespace update {

class SystemTrust;

class TlsTrust {
 public:
    /// Initialises OpenSSL without configuration file (R8); to be made before curl is initialised.
    /// @param ca_file  PEM bundle, or empty
    explicit TlsTrust(std::string ca_file);
    ~TlsTrust();

    /// @param easy  a `CURL*`; every connection that it opens asks this object, which must outlive it
    /// @return `unsupported` when curl was built with another TLS library
    Status apply_to(void* easy);
    /// Why the last connection could not be given its trust; empty when it could.
    const std::string& trouble() const { return trouble_; }

    /// Called by curl for each new connection. @param context  an `SSL_CTX*`
    bool fill(void* context);

 private:
    std::string ca_file_;
    std::unique_ptr<SystemTrust> system_;
    std::string trouble_;
};

}  // namespace update
