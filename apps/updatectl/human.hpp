// Numbers and foreign text as people read them.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace update::ctl {

/// "0 B", "999 B", "1.0 KiB", "61 MiB", "1.5 GiB": three digits at most below 1024, one decimal below 10.
std::string human_bytes(std::uint64_t bytes);
/// The two largest units: "250 ms", "3.2 s", "4 min 10 s", "3 h 27 min", "2 d 4 h". Negative counts as 0.
std::string human_duration(std::chrono::milliseconds);

/// Text from elsewhere, safe for a terminal and for one line: control characters (escape sequences, line
/// ends) and bytes that are not UTF-8 become '?'.
std::string printable(std::string_view text);
/// Columns that a printable text takes; counts characters, so wide ones are underestimated.
std::size_t columns(std::string_view text);
/// At most `width` columns; what is cut is shown by a final "…".
std::string fitted(std::string_view text, std::size_t width);

}  // namespace update::ctl
