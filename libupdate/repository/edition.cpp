#include "repository/edition.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "repository/document.hpp"

namespace update::repository {
namespace {

Result<Json> read_document(Tree& tree, const std::string& role, std::optional<Version> version) {
    UPDATE_TRY(file, tree.read(role, version), role);
    const Json* document = signed_part(file);
    if (document == nullptr || document->object() == nullptr)
        return Error{ErrorCode::corrupt, fmt::format("the published {} has no signed part", role)};
    return *document;
}

}  // namespace

Edition Edition::begin(Desk desk, const Json& root) {
    Edition edition{desk};
    edition.root_ = root;
    edition.snapshot_ = new_document("snapshot");
    edition.snapshot_.set("meta", Json{Json::Object{}});
    edition.timestamp_ = new_document("timestamp");
    return edition;
}

Result<Edition> Edition::open(Desk desk, const Json& root, const Json& staged_root, StagedFiles staged) {
    Edition edition{desk};
    edition.root_ = root;
    edition.staged_root_ = staged_root;
    UPDATE_TRY(timestamp, read_document(desk.tree, "timestamp", std::nullopt), "edition");
    edition.timestamp_ = std::move(timestamp);
    const auto version = listed(edition.timestamp_, "snapshot.json");
    UPDATE_TRY(snapshot, read_document(desk.tree, "snapshot", version), "edition");
    if (snapshot.find("meta") == nullptr)
        return Error{ErrorCode::corrupt, "the published snapshot has no meta"};
    edition.snapshot_ = std::move(snapshot);
    UPDATE_CHECK(edition.take_staged(std::move(staged)), "what waits for signatures");
    return edition;
}

/// What was published in the meantime, perhaps just before a crash, waits no more.
Status Edition::take_staged(StagedFiles staged) {
    for (auto& [role, bytes] : staged) {
        UPDATE_TRY(file, trust::parse_json(bytes, metadata_bytes_max), role);
        const Json* document = signed_part(file);
        if (document == nullptr) return Error{ErrorCode::corrupt, role + " has no signed part"};
        const Version published = role == "snapshot"    ? version_of(snapshot_)
                                  : role == "timestamp" ? version_of(timestamp_)
                                                        : listed(snapshot_, role + ".json");
        if (version_of(*document) != published + 1) continue;
        if (is_targets(role)) documents_[role] = *document;
        staged_[role] = std::move(bytes);
    }
    return done();
}

Status Edition::load(const std::string& role) {
    if (documents_.contains(role)) return done();
    const auto version = listed(snapshot_, role + ".json");
    if (version == 0) return Error{ErrorCode::not_found, fmt::format("there is no role {}", role)};
    UPDATE_TRY(document, read_document(desk_.tree, role, version), "edition");
    documents_[role] = std::move(document);
    return done();
}

Result<Json*> Edition::edit(const std::string& role) {
    auto loaded = load(role);
    if (!loaded && loaded.error().code() != ErrorCode::not_found) return std::move(loaded).error();
    if (!loaded) {
        documents_[role] = new_document("targets");
        documents_[role].set("targets", Json{Json::Object{}});
    }
    changed_.insert(role);
    return &documents_[role];
}

Result<const Json*> Edition::look(const std::string& role) {
    UPDATE_CHECK(load(role), "look");
    return &documents_[role];
}

Status Edition::touch(const std::string& role) {
    if (role == "snapshot" || role == "timestamp") return done();  // signed in every edition
    UPDATE_TRY(document, edit(role), "edition");
    (void)document;
    return done();
}

std::vector<std::string> Edition::listed_roles() const {
    std::vector<std::string> roles;
    for (const auto& [file, entry] : *snapshot_.find("meta")->object())
        roles.push_back(file.substr(0, file.size() - 5));
    return roles;
}

Result<bool> Edition::can_sign(const std::string& role) {
    UPDATE_TRY(wanted, keepers(role), "keys");
    return std::ranges::all_of(wanted, [this](const Keepers& some) {
        const auto here = std::ranges::count_if(some.role.keyids, [this](const std::string& id) {
            return desk_.keyring.has(desk_.settings, id);
        });
        return here >= some.role.threshold;
    });
}

/// Delegations of the top-level role only: that is all that this publisher makes.
Result<Keepers> Edition::delegated_keepers(const std::string& role) {
    UPDATE_CHECK(load("targets"), role);
    const Json* delegations = documents_["targets"].find("delegations");
    if (delegations == nullptr)
        return Error{ErrorCode::not_found, fmt::format("nothing is delegated to {}", role)};
    const Json* keys = delegations->find("keys");
    if (const Json* bins = delegations->find("succinct_roles")) return keepers_of(*bins, keys, role);
    const Json* roles = delegations->find("roles");
    if (roles != nullptr && roles->array() != nullptr)
        for (const Json& entry : *roles->array())
            if (const Json* name = entry.find("name"); name != nullptr && *name == Json{role})
                return keepers_of(entry, keys, role);
    return Error{ErrorCode::not_found, fmt::format("nothing is delegated to {}", role)};
}

/// While a root waits, a top-level role is signed as both roots want it.
Result<std::vector<Keepers>> Edition::keepers(const std::string& role) {
    std::vector<Keepers> all;
    if (!trust::is_top_role(role)) {
        UPDATE_TRY(delegated, delegated_keepers(role), role);
        all.push_back(std::move(delegated));
        return all;
    }
    for (const Json* root : {&root_, &staged_root_}) {
        if (root->is_null()) continue;
        UPDATE_TRY(named, keepers_in_root(*root, role), "root");
        all.push_back(std::move(named));
    }
    return all;
}

}  // namespace update::repository
