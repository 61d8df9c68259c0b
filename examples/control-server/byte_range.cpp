#include "byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace control {
namespace {

std::optional<std::uint64_t> number(std::string_view digits) {
    std::uint64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, failed] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || failed != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace

RangeAnswer answer_range(std::string_view header, std::uint64_t size_bytes) {
    using Kind = RangeAnswer::Kind;
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return {};
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos) return {};
    const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
    if (from.empty()) {
        const auto last = number(to);
        if (!last) return {};
        if (*last == 0 || size_bytes == 0) return {Kind::unsatisfiable, {}};
        const std::uint64_t count = std::min(*last, size_bytes);
        return {Kind::part, {size_bytes - count, count}};
    }
    const auto first = number(from);
    const auto last = to.empty() ? std::optional{~std::uint64_t{0}} : number(to);
    if (!first || !last || *last < *first) return {};
    if (*first >= size_bytes) return {Kind::unsatisfiable, {}};
    return {Kind::part, {*first, std::min(*last, size_bytes - 1) - *first + 1}};
}

}  // namespace control
