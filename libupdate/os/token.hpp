// For the Windows twins: which account the token of another process acts as.
#pragma once
#include <cstdint>

#include <update/result.hpp>

namespace update {

/// 0 for the system and for Administrators with the rights in force (elevated). This process's own account
/// without the rights that this process has is another one.
/// @param token  one to impersonate with, opened for queries
Result<std::uint64_t> account_of_token(void* token);

}  // namespace update
