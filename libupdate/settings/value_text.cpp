#include "settings/value_text.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace update {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t size;
};
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 6> rate_units{{{"B", 1},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"KiB", 1ULL << 10U},
                                          {"MiB", 1ULL << 20U},
                                          {"GiB", 1ULL << 30U}}};

constexpr std::uint64_t longest_ms = 100ULL * 365 * 86'400'000;
constexpr std::uint64_t fastest = 1ULL << 50U;

template <std::size_t count>
std::optional<std::uint64_t> parse_quantity(std::string_view text, const std::array<Unit, count>& units,
                                            std::uint64_t largest) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{}) return std::nullopt;
    const auto name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
        if (unit.name != name) continue;
        if (number > largest / unit.size) return std::nullopt;
        return number * unit.size;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto ms = parse_quantity(text, duration_units, longest_ms);
    if (!ms) return std::nullopt;
    return std::chrono::milliseconds{static_cast<std::int64_t>(*ms)};
}

std::string duration_text(std::chrono::milliseconds duration) {
    const auto ms = static_cast<std::uint64_t>(duration.count());
    if (ms == 0) return "0s";
    for (const Unit& unit : duration_units)
        if (ms % unit.size == 0) return fmt::format("{}{}", ms / unit.size, unit.name);
    return fmt::format("{}ms", ms);
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
    if (text == "none") return 0;
    if (!text.ends_with("/s")) return std::nullopt;
    text.remove_suffix(2);
    return parse_quantity(text, rate_units, fastest);
}

}  // namespace update
