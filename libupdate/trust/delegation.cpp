#include "trust/delegation.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "trust/verify.hpp"

namespace update::trust {
namespace {

/// After `[` of a set: does it contain `c`? @return the length of the set up to its `]`, 0 when it does not
/// end.
std::size_t match_set(std::string_view pattern, char c, bool& contains) {
    std::size_t at = 1;
    const bool negated = at < pattern.size() && pattern[at] == '!';
    if (negated) ++at;
    contains = false;
    for (const std::size_t first = at; at < pattern.size(); ++at) {
        if (pattern[at] == ']' && at > first) {
            contains = contains != negated;
            return at + 1;
        }
        const bool range = at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']';
        const char low = pattern[at], high = range ? pattern[at + 2] : low;
        if (low <= c && c <= high) contains = true;
        if (range) at += 2;
    }
    return 0;
}

/// Matches one character. @return how much of the pattern it took, 0 for no match
std::size_t match_one(std::string_view pattern, char c) {
    if (pattern.empty()) return 0;
    if (pattern.front() == '?') return 1;
    if (pattern.front() == '[') {
        bool contains = false;
        if (const auto length = match_set(pattern, c, contains); length != 0) return contains ? length : 0;
    }
    return pattern.front() == c ? 1 : 0;
}

/// Bytes of the UTF-8 character at the beginning: `?` and sets take a whole one.
std::size_t character_bytes(std::string_view text) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80) ++length;
    return length;
}

/// One segment, in time proportional to the product of the lengths: only the last `*` is ever tried again.
bool matches_segment(std::string_view text, std::string_view pattern) {
    std::size_t t = 0, p = 0, star = std::string_view::npos, retry = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = t;
        } else if (const auto taken = match_one(pattern.substr(p), text[t]); taken != 0) {
            const bool literal = pattern[p] == text[t];
            p += taken;
            t += literal ? 1 : character_bytes(text.substr(t));
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string_view take_segment(std::string_view& rest, bool& last) {
    const auto slash = rest.find('/');
    last = slash == std::string_view::npos;
    const auto segment = rest.substr(0, slash);
    rest = last ? std::string_view{} : rest.substr(slash + 1);
    return segment;
}

std::uint32_t last_bin(const SuccinctRoles& roles) {
    return static_cast<std::uint32_t>((std::uint64_t{1} << roles.bit_length) - 1);
}

bool is_bin(const SuccinctRoles& roles, std::string_view role) {
    if (!role.starts_with(roles.name_prefix)) return false;
    const auto suffix = role.substr(roles.name_prefix.size());
    if (suffix.size() < 2 || suffix.front() != '-') return false;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(suffix.data() + 1, suffix.data() + suffix.size(), number, 16);
    return error == std::errc{} && number <= last_bin(roles) && bin_name(roles, number) == role;
}

bool is_delegated(const DelegatedRole& role, std::string_view path, const std::string& path_hash) {
    return std::ranges::any_of(
               role.paths, [path](const std::string& pattern) { return matches_pattern(path, pattern); }) ||
           std::ranges::any_of(role.path_hash_prefixes,
                               [&](const std::string& prefix) { return path_hash.starts_with(prefix); });
}

}  // namespace

bool matches_pattern(std::string_view path, std::string_view pattern) {
    for (;;) {
        bool path_ends = false, pattern_ends = false;
        const auto segment = take_segment(path, path_ends), wanted = take_segment(pattern, pattern_ends);
        if (path_ends != pattern_ends || !matches_segment(segment, wanted)) return false;
        if (path_ends) return true;
    }
}

std::string bin_name(const SuccinctRoles& roles, std::uint32_t number) {
    const auto width = fmt::format("{:x}", last_bin(roles)).size();
    return fmt::format("{}-{:0{}x}", roles.name_prefix, number, width);
}

std::vector<Delegate> delegates_for(Cryptography& crypto, const Delegations& delegations,
                                    std::string_view path) {
    const auto hash = digest_of(crypto, DigestKind::sha256, path);
    if (delegations.succinct) {
        std::uint32_t first_bits = 0;
        std::from_chars(hash.data(), hash.data() + 8, first_bits, 16);
        const auto number = first_bits >> (32U - delegations.succinct->bit_length);
        return {{bin_name(*delegations.succinct, number), true}};
    }
    std::vector<Delegate> found;
    for (const DelegatedRole& role : delegations.roles)
        if (is_delegated(role, path, hash)) found.push_back({role.name, role.terminating});
    return found;
}

const RoleKeys* role_keys(const Delegations& delegations, std::string_view role) {
    if (delegations.succinct) return is_bin(*delegations.succinct, role) ? &*delegations.succinct : nullptr;
    const auto found = std::ranges::find(delegations.roles, role, &DelegatedRole::name);
    return found != delegations.roles.end() ? &*found : nullptr;
}

}  // namespace update::trust
