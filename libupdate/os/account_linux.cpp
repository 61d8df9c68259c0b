#include <unistd.h>

#include "os/account.hpp"

namespace update {

std::uint64_t current_account() { return ::geteuid(); }

}  // namespace update
