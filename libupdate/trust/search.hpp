// Who speaks for a target's name (TUF 5.6.7): the same walk for the client, who fetches roles on the way, and
// for those who read what was kept.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "ports/cryptography.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

/// The role by the word of `delegator` (nullptr: the root), checked. @return why it cannot be trusted
using LoadRole = std::function<Result<const Targets*>(const Targets* delegator, const std::string& role)>;

/// @return `not_found` (not_listed) when nobody who may speak for the name lists it, and the errors of `load`
Result<TargetFile> find_target(Cryptography&, std::string_view path, unsigned max_delegations,
                               const LoadRole& load);

}  // namespace update::trust
