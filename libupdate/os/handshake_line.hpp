// Private to os/: what goes over the handshake's pipe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update {

inline constexpr std::size_t handshake_line_max = sizeof "alive 9223372036854775807\n";

std::string handshake_line(std::int64_t pid);
/// @return `refused` for anything else than that line
Result<std::int64_t> parse_handshake(std::string_view line);

}  // namespace update
