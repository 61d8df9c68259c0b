#pragma once
#include <cstdint>

namespace update {

/// The account that this process acts as, as FileInfo::owner names it.
std::uint64_t current_account();

}  // namespace update
