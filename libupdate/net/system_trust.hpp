// The operating system's store of CA certificates, for OpenSSL, which knows none.
#pragma once
#include <string>

namespace update {

/// Reads nothing before a connection needs it. A system without a store is no trouble: then only the
/// configured bundle counts.
class SystemTrust {
 public:
    SystemTrust();
    /// @param ssl_context  an `SSL_CTX*`
    /// @return false when the store is there but cannot be read
    bool add_to(void* ssl_context);
    /// Where it lies, for messages.
    std::string place() const;

 private:
    std::string directory_, bundle_;
};

}  // namespace update
