#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace control {

struct ByteRange {
    std::uint64_t first = 0, count = 0;
    bool operator==(const ByteRange&) const = default;
};
/// What a `Range` header asks for (RFC 9110, 14.2).
struct RangeAnswer {
    enum class Kind : std::uint8_t { whole, part, unsatisfiable } kind = Kind::whole;
    ByteRange range;
};

/// Headers that are absent, malformed, of another unit, or ask for several ranges are answered with the
/// whole.
RangeAnswer answer_range(std::string_view header, std::uint64_t size_bytes);

}  // namespace control
