// Which delegated roles may speak for a target's name (TUF 4.5, 5.6.7; TAP 15).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ports/cryptography.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

/// Shell-style pattern per segment: `*` and `?` never match `/`, `[abc]`, `[a-z]` and `[!a-z]` match one
/// character. Both have the same number of segments. No character is special at the beginning of a name.
bool matches_pattern(std::string_view path, std::string_view pattern);

struct Delegate {
    std::string name;
    bool terminating = false;
};
/// In order of precedence.
std::vector<Delegate> delegates_for(Cryptography&, const Delegations&, std::string_view path);

/// The keys by which this delegator knows `role`; nullptr when it delegates nothing to that name.
const RoleKeys* role_keys(const Delegations&, std::string_view role);

/// "bin-07" for number 7 of 32.
std::string bin_name(const SuccinctRoles&, std::uint32_t number);

}  // namespace update::trust
