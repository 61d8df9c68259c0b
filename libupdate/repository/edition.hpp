// One change of what is published below the root: documents are edited, and appear together.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ports/clock.hpp"
#include "repository/keyring.hpp"
#include "repository/tree.hpp"

namespace update::repository {

/// What signing needs to know and to use.
struct Desk {
    Tree& tree;
    Keyring& keyring;
    Cryptography& crypto;
    const PublisherSettings& settings;
    WallTime now{};
};

/// The keys of a role and how many must sign, as its delegator says (the member "keyids" and "threshold").
struct Keepers {
    std::vector<std::string> keyids;
    std::int64_t threshold = 1;
};
Result<Keepers> keepers_of(const Json& role, const std::string& name);

/// A file: `document` signed by all of `keepers` whose keys are here.
/// @return `refused` when these are fewer than the threshold, with the ids of the keys that are missing
Result<std::string> sign_document(const Desk&, const Json& document, const Keepers&, const std::string& name);

class Edition {
 public:
    /// Reads what is published now. A root that waits for signatures is given so that its keys sign, too:
    /// then both it and the root before it accept what is published (`staged_root` may be null).
    static Result<Edition> open(Desk, const Json& root, const Json& staged_root);
    /// Nothing is published yet.
    static Edition begin(Desk, const Json& root);

    /// The document of "targets" or of a delegated role, to be changed; a new one when the role is new.
    Result<Json*> edit(const std::string& role);
    /// The same for looking only. @return `not_found`
    Result<const Json*> look(const std::string& role);
    /// Signs these roles again though nothing in them changed.
    Status touch(const std::string& role);
    bool has(const std::string& role) const {
        return snapshot_.find("meta")->find(role + ".json") != nullptr;
    }

    /// Writes changed roles, then the snapshot, and timestamp.json last: with it, all of it is published at
    /// once. Killed before, the published tree is the old one, and the files beside it are overwritten by the
    /// next edition.
    Status commit();

    const Json& snapshot() const { return snapshot_; }
    const Json& timestamp() const { return timestamp_; }

 private:
    explicit Edition(Desk desk) : desk_{desk} {}
    Result<Keepers> keepers(const std::string& role);
    Result<Keepers> delegated_keepers(const std::string& role);
    Status write_targets(const std::string& role);
    Status write_snapshot();
    Status write_timestamp();
    Status load(const std::string& role);

    Desk desk_;
    Json root_, staged_root_, snapshot_, timestamp_;  ///< the signed parts
    Json snapshot_entry_;                             ///< what the timestamp says about the snapshot
    std::map<std::string, Json, std::less<>> documents_;
    std::set<std::string> changed_;
};

}  // namespace update::repository
