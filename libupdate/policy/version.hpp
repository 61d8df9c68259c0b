// Which of two versions is newer. Semantic Versioning 2.0.0 only: for other schemes (`1:9.2p1-2+deb12u7`) the
// order is unknown here, and unknown is not "newer".
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/grammar.hpp"  // is_version_text: what a version may be at all

namespace update {

struct SemVer {
    std::array<std::uint64_t, 3> core{};   ///< major, minor, patch
    std::vector<std::string> pre_release;  ///< the dot-separated identifiers after '-'
    std::string build;                     ///< what follows '+'; does not take part in the order
    bool operator==(const SemVer&) const = default;
};

/// Strict SemVer 2.0.0 after an optional leading 'v'; at most 64 characters.
/// @return nothing for anything else, such as "1.2", "1.2.3.4", "01.2.3", "1.2.3-", or a number above 2^64-1
std::optional<SemVer> parse_semver(std::string_view text);

/// Without 'v'; `parse_semver` reads it back.
std::string to_string(const SemVer&);

/// Precedence by section 11 of SemVer 2.0.0.
/// @return nothing unless both are SemVer; `equivalent` also for versions that differ in build metadata only
std::optional<std::weak_ordering> compare(std::string_view a, std::string_view b);

/// One spelling per version: SemVer without 'v', any other text as it is.
std::string normalised(std::string_view version);

}  // namespace update
