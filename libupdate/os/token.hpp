// For the Windows twins: which account a token, and so a process or a client, acts as.
#pragma once
#include <cstdint>
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"

namespace update {

struct TokenAccount {
    std::string sid;             ///< "S-1-5-18"
    bool administrator = false;  ///< the system, or Administrators with the rights in force (elevated)
    /// 0 for an administrator; else a number that stands for the SID.
    std::uint64_t account() const;
};

/// @param token  one to impersonate with, opened for queries
Result<TokenAccount> user_of_token(void* token);
/// This process's own.
Result<TokenAccount> own_user();

}  // namespace update
