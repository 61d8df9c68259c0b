// One change of what is published below the root: documents are edited, and appear together.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "repository/signing.hpp"

namespace update::repository {

class Edition {
 public:
    /// Reads what is published now, and what waits for signatures, which takes its place. A root that waits
    /// is given so that its keys sign, too: then both it and the root before it accept what is published
    /// (`staged_root` may be null).
    static Result<Edition> open(Desk, const Json& root, const Json& staged_root, StagedFiles = {});
    /// Nothing is published yet.
    static Edition begin(Desk, const Json& root);

    /// The document of "targets" or of a delegated role, to be changed; a new one when the role is new.
    Result<Json*> edit(const std::string& role);
    /// The same for looking only. @return `not_found`
    Result<const Json*> look(const std::string& role);
    /// Signs these roles again though nothing in them changed.
    Status touch(const std::string& role);
    bool has(const std::string& role) const {
        return documents_.contains(role) || snapshot_.find("meta")->find(role + ".json") != nullptr;
    }
    /// Roles that the snapshot lists, without ".json".
    std::vector<std::string> listed_roles() const;
    /// Whether enough of the role's keys are here.
    Result<bool> can_sign(const std::string& role);

    /// Signs changed roles, then the snapshot, then the timestamp. Where keys are missing, nothing is
    /// published, and `staged` is what to keep until they have signed. Else writes all of it, timestamp.json
    /// last: with it, all of it is published at once. `refused` when this machine's clock contradicts what
    /// was signed before: clients would take its time for true. Killed before, the published tree is the old
    /// one, and the files beside it are overwritten by the next edition.
    Result<Waits> commit();
    const StagedFiles& staged() const { return staged_; }

    const Json& snapshot() const { return snapshot_; }
    const Json& timestamp() const { return timestamp_; }

 private:
    explicit Edition(Desk desk) : desk_{desk} {}
    Result<std::vector<Keepers>> keepers(const std::string& role);
    Result<Keepers> delegated_keepers(const std::string& role);
    Status stage(const std::string& role, const Json& document, const Json& earlier, Waits&);
    Status stage_targets(const std::string& role, Waits&);
    Status stage_unless_waiting(const std::string& role, Json document, int days, Waits&);
    Status stage_snapshot(Waits&);
    Status stage_timestamp(Waits&);
    Json waiting(const std::string& role) const;
    Result<Waits> publish();
    Status check_clock() const;
    bool is_timestamp_rotating() const;
    Status load(const std::string& role);
    Status take_staged(StagedFiles);

    Desk desk_;
    Json root_, staged_root_, snapshot_, timestamp_;  ///< the signed parts
    std::map<std::string, Json, std::less<>> documents_;
    std::set<std::string, std::less<>> changed_;
    StagedFiles staged_;
};

}  // namespace update::repository
