#include "human.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/grammar.hpp"

namespace update::ctl {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

/// C1 controls (U+0080..U+009F) are two bytes in UTF-8; terminals may obey them.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

/// The bytes of the character that begins at `begin`, 1 when it is not well-formed.
std::size_t character_size(std::string_view text, std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < text.size() && end - begin < 4 && is_continuation(text[end])) ++end;
    return is_utf8(text.substr(begin, end - begin)) ? end - begin : 1;
}

std::string two_units(std::int64_t total, std::int64_t per_large, const char* large, const char* small) {
    if (total % per_large == 0) return fmt::format("{} {}", total / per_large, large);
    return fmt::format("{} {} {} {}", total / per_large, large, total % per_large, small);
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1023.5 && unit + 1 < units.size(); ++unit) value /= 1024;
    return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, units.at(unit));
}

std::string human_duration(std::chrono::milliseconds duration) {
    const std::int64_t ms = std::max<std::int64_t>(0, duration.count());
    if (ms < 1'000) return fmt::format("{} ms", ms);
    if (ms < 10'000) return fmt::format("{}.{} s", ms / 1'000, ms % 1'000 / 100);
    const std::int64_t seconds = ms / 1'000;
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3'600) return two_units(seconds, 60, "min", "s");
    if (seconds < 86'400) return two_units(seconds / 60, 60, "h", "min");
    return two_units(seconds / 3'600, 24, "d", "h");
}

std::string printable(std::string_view text) {
    std::string safe;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto character = text.substr(begin, character_size(text, begin));
        if (is_utf8(character) && !is_control(character))
            safe += character;
        else
            safe += '?';
        begin += character.size();
    }
    return safe;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string fitted(std::string_view text, std::size_t width) {
    if (columns(text) <= width) return std::string{text};
    if (width == 0) return "";
    std::size_t end = 0;
    for (std::size_t column = 0; column + 1 < width; ++column) end += character_size(text, end);
    return std::string{text.substr(0, end)} + "…";
}

}  // namespace update::ctl
