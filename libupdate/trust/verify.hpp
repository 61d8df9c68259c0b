// Signatures by enough keys, lengths and hashes: the checks that every file goes through.
#pragma once
#include <set>
#include <string>
#include <string_view>

#include "ports/cryptography.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

/// The distinct keys of a role, as what they are (not as they are called).
std::set<std::string> materials(Cryptography&, const Keys&, const RoleKeys&);

/// TUF 5.3.4, 5.4.2, 5.5.3, 5.6.3: at least `role.threshold` different keys of the role signed `payload`.
/// Different means different key material: one key under two ids counts once. Unknown ids, unknown kinds of
/// keys and wrong signatures count nothing, and do no harm.
/// @return `corrupt` (tampered) with how many signed of how many needed
Status check_signatures(Cryptography&, const Keys&, const RoleKeys& role, std::string_view payload,
                        const std::vector<Signature>&, std::string_view what);

/// TUF 5.5.2, 5.6.2, 5.7.2: length if given, and all hashes that are given. An algorithm that is not known
/// here is not a check that was made: `corrupt`, as is any difference.
Status check_content(Cryptography&, std::string_view bytes, const std::optional<std::int64_t>& length,
                     const Hashes&, std::string_view what);

std::optional<DigestKind> digest_named(std::string_view algorithm);
/// In hexadecimal digits, as metadata writes it.
std::string digest_of(Cryptography&, DigestKind, std::string_view bytes);

}  // namespace update::trust
