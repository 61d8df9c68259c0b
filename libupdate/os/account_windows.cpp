#include "os/account.hpp"
#include "os/security.hpp"

namespace update {

std::uint64_t current_account() { return account_number(own_account().sid); }

}  // namespace update
