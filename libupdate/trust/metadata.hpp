// The four kinds of TUF metadata (specification 1.0.34, section 4) as values. Unknown members are ignored
// here; they count where signatures are checked, because what is signed is kept as it came.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/result.hpp>

#include "ports/clock.hpp"
#include "ports/cryptography.hpp"
#include "trust/json.hpp"

namespace update::trust {

using Version = std::int64_t;  ///< at least 1

/// 4.2.1, "signatures"
struct Signature {
    std::string keyid;
    std::string bytes;  ///< empty when the text was not hexadecimal: such a signature verifies nothing
};
/// 4.2.2
struct Key {
    std::optional<KeyScheme> scheme;  ///< absent: a kind not known here, which never verifies anything
    std::string text;
};
using Keys = std::map<std::string, Key, std::less<>>;  ///< by key id
/// Which keys speak for a role, and how many of them it takes.
struct RoleKeys {
    std::vector<std::string> keyids;
    std::int64_t threshold = 1;
};
/// By name of the algorithm, lower-case hexadecimal.
using Hashes = std::map<std::string, std::string, std::less<>>;
/// 4.4, METAFILES
struct MetaFile {
    Version version = 1;
    std::optional<std::int64_t> length;
    Hashes hashes;  ///< empty: none given
};

struct Common {
    Version version = 1;
    WallTime expires{};
};
enum class TopRole : std::uint8_t { root, timestamp, snapshot, targets };
inline constexpr std::array top_roles{TopRole::root, TopRole::timestamp, TopRole::snapshot, TopRole::targets};
std::string_view name(TopRole);
bool is_top_role(std::string_view name);

/// 4.3
struct Root : Common {
    static constexpr std::string_view type = "root";
    bool consistent_snapshot = false;
    Keys keys;
    std::array<RoleKeys, top_roles.size()> roles;
    const RoleKeys& role(TopRole which) const { return roles[static_cast<std::size_t>(which)]; }
};
/// 4.6
struct Timestamp : Common {
    static constexpr std::string_view type = "timestamp";
    MetaFile snapshot;
    std::optional<WallTime> signed_at;  ///< member "x-signed-at" of our own: it is not earlier than this
};
/// 4.4
struct Snapshot : Common {
    static constexpr std::string_view type = "snapshot";
    std::map<std::string, MetaFile, std::less<>> meta;  ///< by role, without ".json"
};
/// 4.5, TARGETS
struct TargetFile {
    std::int64_t length = 0;
    Hashes hashes;
    Json custom;  ///< null when absent
};
/// 4.5, one of "delegations.roles"
struct DelegatedRole : RoleKeys {
    std::string name;
    bool terminating = false;
    std::vector<std::string> paths, path_hash_prefixes;  ///< one of the two
};
/// TAP 15
struct SuccinctRoles : RoleKeys {
    unsigned bit_length = 1;  ///< 1 to 32
    std::string name_prefix;
};
struct Delegations {
    Keys keys;
    std::vector<DelegatedRole> roles;  ///< in the order of their precedence
    std::optional<SuccinctRoles> succinct;
};
/// 4.5, the top-level role and delegated ones
struct Targets : Common {
    static constexpr std::string_view type = "targets";
    std::map<std::string, TargetFile, std::less<>> targets;
    std::optional<Delegations> delegations;
};

/// One file: what it says, and what was signed.
template <class Kind>
struct Signed {
    Kind content;
    std::vector<Signature> signatures;
    std::string payload;  ///< canonical form of "signed" as received
};

/// @param max_bytes  a larger text is not looked at
/// @return `corrupt` with the wrong member for anything that is not one whole file of that kind, with the tag
///         Trouble::tampered: ask elsewhere
template <class Kind>
Result<Signed<Kind>> parse_metadata(std::string_view text, std::size_t max_bytes);

extern template Result<Signed<Root>> parse_metadata<Root>(std::string_view, std::size_t);
extern template Result<Signed<Timestamp>> parse_metadata<Timestamp>(std::string_view, std::size_t);
extern template Result<Signed<Snapshot>> parse_metadata<Snapshot>(std::string_view, std::size_t);
extern template Result<Signed<Targets>> parse_metadata<Targets>(std::string_view, std::size_t);

}  // namespace update::trust
