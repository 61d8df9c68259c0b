// Durations and rates as people write them.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace update {

/// "250ms", "60s", "10min", "24h", "7d": a whole number and one unit, without space.
/// @return nothing for anything else, a bare number included, and for more than 100 years
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The shortest form that parse_duration reads back: "90s", "2min", "1h". Not negative.
std::string duration_text(std::chrono::milliseconds);

/// "512KiB/s", "10MiB/s", "1GiB/s", "800kB/s", "5MB/s", "100B/s", or "none" for 0.
std::optional<std::uint64_t> parse_rate(std::string_view text);

}  // namespace update
