#include "policy/version.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace update {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }
bool has_leading_zero(std::string_view number) { return number.size() > 1 && number.front() == '0'; }
bool is_identifier(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
}

/// `text` up to `mark`; what follows it goes to `rest`, which is nothing when there is no mark.
std::string_view cut(std::string_view text, char mark, std::optional<std::string_view>& rest) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return text;
    rest = text.substr(at + 1);
    return text.substr(0, at);
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    std::optional<std::string_view> rest = text;
    while (rest) {
        const auto whole = *rest;
        rest.reset();
        parts.push_back(cut(whole, '.', rest));
    }
    return parts;
}

std::optional<std::uint64_t> core_number(std::string_view text) {
    std::uint64_t number = 0;
    if (!is_number(text) || has_leading_zero(text)) return std::nullopt;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{}) return std::nullopt;
    return number;
}

bool parse_core(std::string_view text, std::array<std::uint64_t, 3>& core) {
    const auto parts = split(text);
    if (parts.size() != core.size()) return false;
    for (std::size_t i = 0; i < core.size(); ++i) {
        const auto number = core_number(parts[i]);
        if (!number) return false;
        core[i] = *number;
    }
    return true;
}

bool parse_pre_release(std::string_view text, std::vector<std::string>& into) {
    for (const auto part : split(text)) {
        if (!is_identifier(part) || (is_number(part) && has_leading_zero(part))) return false;
        into.emplace_back(part);
    }
    return true;
}

/// Numbers of any length: without leading zeros the longer one is larger.
std::strong_ordering compare_identifiers(const std::string& a, const std::string& b) {
    if (is_number(a) != is_number(b))
        return is_number(a) ? std::strong_ordering::less : std::strong_ordering::greater;
    if (is_number(a) && a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

std::weak_ordering compare_semver(const SemVer& a, const SemVer& b) {
    if (const auto order = a.core <=> b.core; order != 0) return order;
    if (a.pre_release.empty() != b.pre_release.empty())
        return a.pre_release.empty() ? std::weak_ordering::greater : std::weak_ordering::less;
    return std::lexicographical_compare_three_way(a.pre_release.begin(), a.pre_release.end(),
                                                  b.pre_release.begin(), b.pre_release.end(),
                                                  compare_identifiers);
}

}  // namespace

std::optional<SemVer> parse_semver(std::string_view text) {
    if (text.size() > 64) return std::nullopt;
    if (text.starts_with('v')) text.remove_prefix(1);
    SemVer version;
    std::optional<std::string_view> build, pre_release;
    const auto before_build = cut(text, '+', build);
    const auto core = cut(before_build, '-', pre_release);
    if (!parse_core(core, version.core)) return std::nullopt;
    if (pre_release && !parse_pre_release(*pre_release, version.pre_release)) return std::nullopt;
    if (build) {
        if (!std::ranges::all_of(split(*build), is_identifier)) return std::nullopt;
        version.build = *build;
    }
    return version;
}

std::string to_string(const SemVer& version) {
    std::string text = fmt::format("{}", fmt::join(version.core, "."));
    if (!version.pre_release.empty()) text += fmt::format("-{}", fmt::join(version.pre_release, "."));
    if (!version.build.empty()) text += "+" + version.build;
    return text;
}

std::optional<std::weak_ordering> compare(std::string_view a, std::string_view b) {
    const auto left = parse_semver(a), right = parse_semver(b);
    if (!left || !right) return std::nullopt;
    return compare_semver(*left, *right);
}

std::string normalised(std::string_view version) {
    const auto parsed = parse_semver(version);
    return parsed ? to_string(*parsed) : std::string{version};
}

}  // namespace update
