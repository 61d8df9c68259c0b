// Dates of metadata: whole seconds of UTC.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ports/clock.hpp"

namespace update::trust {

/// Exactly "YYYY-MM-DDTHH:MM:SSZ" (TUF 4.2, ISO 8601 without fractions or other zones).
/// @return nothing for any other text, and for a date that does not exist
std::optional<WallTime> parse_date(std::string_view text);
/// @param at  clamped to the years 1970 to 9999; fractions of the second are cut
std::string date_text(WallTime at);

}  // namespace update::trust
