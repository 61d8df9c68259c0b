#pragma once
#include <cstdint>
#include <string>

namespace update {

inline constexpr std::int64_t max_unix_ms = 253'402'300'799'999;  ///< the last millisecond of the year 9999

/// "2024-05-01 12:00:07 UTC". Independent of locale and time zone; values outside the years 1970..9999 are
/// clamped.
std::string utc_text(std::int64_t unix_ms);

}  // namespace update
