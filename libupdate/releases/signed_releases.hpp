// A release list with everything that vouches for it, from the shipped root on. Knows neither network nor
// disk.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "policy/release.hpp"
#include "releases/vouchers.hpp"
#include "trust/trusted_set.hpp"

namespace update {

/// Where trust begins, and what follows from it.
struct SignedFiles {
    std::string shipped_root;
    std::vector<std::string> newer_roots;
    RoleBytes role;
    std::string list;  ///< the bytes of releases.json
};

class SignedReleases {
 public:
    /// Every check of TUF 1.0.34, section 5, that needs no network, and the list's digest.
    /// @param time  what expiry is judged by; `trust::Time{}`: nothing has expired
    /// @return an error with its class (trust/trouble.hpp)
    static Result<SignedReleases> read(Cryptography&, trust::Time, const SignedFiles&,
                                       std::string_view product, std::string_view channel);

    const ReleaseList& list() const { return list_; }
    /// Targets have their digest before their name.
    bool hash_prefixes() const { return set_->root().consistent_snapshot; }
    /// Do the signed targets say of this release's files what the list says?
    /// @param role  for roles that the list itself did not need; they are kept for the next call
    Status check(const Release&, const RoleBytes& role) const;

 private:
    SignedReleases(Cryptography& crypto, trust::Time time);
    Result<const trust::Targets*> load(const trust::Targets* delegator, const std::string& role,
                                       const RoleBytes&) const;

    Cryptography* crypto_;
    std::unique_ptr<trust::TrustedSet> set_;
    ReleaseList list_;
};

}  // namespace update
