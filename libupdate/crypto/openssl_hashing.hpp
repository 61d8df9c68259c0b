// SHA-256 by OpenSSL 3.
#pragma once
#include <memory>

#include "ports/hashing.hpp"

namespace update {

/// Several streams may be used at once, each by one thread.
class OpensslHashing : public Hashing {
 public:
    /// Initialises OpenSSL without reading a configuration file (security rule R8: a file in a place that a
    /// user can create must not choose providers for us), unless the process has initialised it before.
    OpensslHashing();
    ~OpensslHashing() override;
    OpensslHashing(const OpensslHashing&) = delete;
    OpensslHashing& operator=(const OpensslHashing&) = delete;

    /// Ends the process when OpenSSL has no SHA-256 or no memory: nothing can be verified then.
    std::unique_ptr<Sha256Stream> sha256() override;

 private:
    struct Algorithm;
    std::unique_ptr<Algorithm> algorithm_;
};

}  // namespace update
