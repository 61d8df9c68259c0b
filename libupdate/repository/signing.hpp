// Documents get signatures: by the keys that are here, beside those that somebody else gave before.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "ports/clock.hpp"
#include "repository/keyring.hpp"
#include "repository/tree.hpp"
#include "trust/metadata.hpp"

namespace update::repository {

/// What signing needs to know and to use.
struct Desk {
    Tree& tree;
    Keyring& keyring;
    Cryptography& crypto;
    const PublisherSettings& settings;
    WallTime now{};
    WallTime built_at{};  ///< of this program: `now` is certainly not earlier
};

/// The keys of a role and how many must sign, as its delegator says.
struct Keepers {
    trust::RoleKeys role;
    trust::Keys keys;  ///< of the delegator
};
/// @param role  with the members "keyids" and "threshold"  @param keys  the member "keys" beside it
Result<Keepers> keepers_of(const Json& role, const Json* keys, const std::string& name);
/// Of a top-level role. @return `corrupt` when the root does not name it
Result<Keepers> keepers_in_root(const Json& root, const std::string& role);

struct SignedFile {
    std::string bytes;
    std::vector<std::string> missing;  ///< ids of keys of which some must still sign; empty: enough have
};
/// `document` signed by all keys of `keepers` that are here.
/// @param keepers  each of them must be satisfied
/// @param earlier  a whole file, or null: its signatures stay if they are signatures of this document
/// @return `refused` when a command printed what is no signature by its key
Result<SignedFile> sign_file(const Desk&, const Json& document, const std::vector<Keepers>& keepers,
                             const Json& earlier, const std::string& name);

/// @param file  a whole file
/// @return empty when enough of the keepers have signed it, else the ids of the others
std::vector<std::string> missing_signatures(const Desk&, const Json& file, const Keepers&);

/// A role that waits: some of these keys must still sign it.
struct Waiting {
    std::string role;
    std::vector<std::string> missing;
};
using Waits = std::vector<Waiting>;  ///< empty: all of it is published

/// An edition that waits: whole files by role, with the signatures that they have.
using StagedFiles = std::map<std::string, std::string, std::less<>>;
/// One file, so that a crash leaves all of it or nothing. @return none when there is no such file
Result<StagedFiles> read_staged(Files&, const Path&);
/// Nothing staged: removes it.
Status write_staged(Files&, const Path&, const StagedFiles&);

}  // namespace update::repository
