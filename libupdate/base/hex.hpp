#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace update {

/// Lower case.
std::string to_hex(std::string_view bytes);
/// @return nothing unless `text` is an even number of hexadecimal digits
std::optional<std::string> from_hex(std::string_view text);

}  // namespace update
