#include "repository/edition.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/hex.hpp"
#include "trust/fields.hpp"
#include "trust/instant.hpp"
#include "trust/limits.hpp"

namespace update::repository {
namespace {

Json new_document(std::string_view type) {
    Json json;
    json.set("_type", Json{type});
    json.set("spec_version", Json{"1.0.34"});
    json.set("version", Json{std::int64_t{0}});
    return json;
}

Version version_of(const Json& document) {
    const Json* version = document.find("version");
    return version != nullptr && version->integer() != nullptr ? *version->integer() : 0;
}

/// Next version, and the days that it lives.
void renew(Json& document, WallTime now, int days) {
    document.set("version", Json{version_of(document) + 1});
    document.set("expires", Json{trust::date_text(now + std::chrono::hours{24 * days})});
}

const Json* signed_part(const Json& file) { return file.find("signed"); }

std::string sha256_of(Cryptography& crypto, std::string_view text) {
    const auto digest = crypto.digest(DigestKind::sha256);
    digest->update(std::as_bytes(std::span{text}));
    return digest->finish();
}

Result<Json> read_document(Tree& tree, const std::string& role, std::optional<Version> version) {
    UPDATE_TRY(file, tree.read(role, version), role);
    const Json* document = signed_part(file);
    if (document == nullptr || document->object() == nullptr)
        return Error{ErrorCode::corrupt, fmt::format("the published {} has no signed part", role)};
    return *document;
}

/// The version that a "meta" member names. 0: none.
Version listed(const Json& document, const std::string& file) {
    const Json* meta = document.find("meta");
    const Json* entry = meta != nullptr ? meta->find(file) : nullptr;
    return entry != nullptr ? version_of(*entry) : 0;
}

const Json* role_in_root(const Json& root, const std::string& role) {
    const Json* roles = root.find("roles");
    return roles != nullptr ? roles->find(role) : nullptr;
}

/// Nothing is published that a client would not read.
template <class Kind>
Status check_readable(std::string_view bytes, std::size_t max_bytes) {
    auto file = trust::parse_metadata<Kind>(bytes, max_bytes);
    if (!file) return std::move(file).error().in("what would be published is not acceptable to clients");
    return done();
}

/// Several writers ask for the same keys at once: each of `more` that is not there yet.
void add_keys(Keepers& into, const Keepers& more) {
    for (const auto& id : more.keyids)
        if (std::ranges::find(into.keyids, id) == into.keyids.end()) into.keyids.push_back(id);
}

}  // namespace

Result<Keepers> keepers_of(const Json& role, const std::string& name) {
    trust::Fields in{role, name};
    Keepers keepers{in.texts("keyids"), in.integer("threshold", 1)};
    UPDATE_CHECK(in.status(), "role");
    return keepers;
}

Result<std::string> sign_document(const Desk& desk, const Json& document, const Keepers& keepers,
                                  const std::string& name) {
    const auto payload = trust::canonical(document);
    Json::Array signatures;
    std::vector<std::string> missing;
    for (const auto& id : keepers.keyids) {
        auto signature = desk.keyring.sign(desk.settings, id, payload);
        if (!signature && signature.error().code() == ErrorCode::not_found) {
            missing.push_back(id);
            continue;
        }
        if (!signature) return std::move(signature).error().in("sign " + name);
        Json entry;
        entry.set("keyid", Json{id});
        entry.set("sig", Json{to_hex(*signature)});
        signatures.push_back(std::move(entry));
    }
    if (std::cmp_less(signatures.size(), keepers.threshold))
        return Error{ErrorCode::refused,
                     fmt::format("{} needs {} signatures, and these keys are not here: {}", name,
                                 keepers.threshold, fmt::join(missing, ", "))};
    Json file;
    file.set("signed", document);
    file.set("signatures", Json{std::move(signatures)});
    return trust::indented(file) + "\n";
}

Edition Edition::begin(Desk desk, const Json& root) {
    Edition edition{desk};
    edition.root_ = root;
    edition.snapshot_ = new_document("snapshot");
    edition.snapshot_.set("meta", Json{Json::Object{}});
    edition.timestamp_ = new_document("timestamp");
    return edition;
}

Result<Edition> Edition::open(Desk desk, const Json& root, const Json& staged_root) {
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
    return edition;
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

/// Delegations of the top-level role only: that is all that this publisher makes.
Result<Keepers> Edition::delegated_keepers(const std::string& role) {
    UPDATE_CHECK(load("targets"), role);
    const Json* delegations = documents_["targets"].find("delegations");
    const Json* bins = delegations != nullptr ? delegations->find("succinct_roles") : nullptr;
    if (bins != nullptr) return keepers_of(*bins, role);
    const Json* roles = delegations != nullptr ? delegations->find("roles") : nullptr;
    if (roles != nullptr && roles->array() != nullptr)
        for (const Json& entry : *roles->array())
            if (const Json* name = entry.find("name"); name != nullptr && *name == Json{role})
                return keepers_of(entry, role);
    return Error{ErrorCode::not_found, fmt::format("nothing is delegated to {}", role)};
}

Result<Keepers> Edition::keepers(const std::string& role) {
    if (!trust::is_top_role(role)) return delegated_keepers(role);
    const Json* now = role_in_root(root_, role);
    if (now == nullptr) return Error{ErrorCode::corrupt, "the root has no role " + role};
    UPDATE_TRY(keepers, keepers_of(*now, role), "root");
    if (const Json* next = role_in_root(staged_root_, role)) {
        UPDATE_TRY(more, keepers_of(*next, role), "staged root");
        add_keys(keepers, more);
    }
    return keepers;
}

Status Edition::write_targets(const std::string& role) {
    Json& document = documents_[role];
    document.set("version", Json{listed(snapshot_, role + ".json")});
    renew(document, desk_.now, desk_.settings.lifetimes.targets);
    UPDATE_TRY(keepers, keepers(role), "publish");
    UPDATE_TRY(bytes, sign_document(desk_, document, keepers, role), "publish");
    UPDATE_CHECK(check_readable<trust::Targets>(bytes, trust::Limits{}.targets_bytes), role);
    UPDATE_CHECK(desk_.tree.write(role, version_of(document), bytes), "publish");
    Json entry;
    entry.set("version", Json{version_of(document)});
    snapshot_.find("meta")->set(role + ".json", std::move(entry));
    return done();
}

Status Edition::write_snapshot() {
    renew(snapshot_, desk_.now, desk_.settings.lifetimes.snapshot);
    UPDATE_TRY(keepers, keepers("snapshot"), "publish");
    UPDATE_TRY(bytes, sign_document(desk_, snapshot_, keepers, "snapshot"), "publish");
    UPDATE_CHECK(check_readable<trust::Snapshot>(bytes, trust::Limits{}.named_bytes), "snapshot");
    UPDATE_CHECK(desk_.tree.write("snapshot", version_of(snapshot_), bytes), "publish");
    Json hashes;
    hashes.set("sha256", Json{sha256_of(desk_.crypto, bytes)});
    snapshot_entry_.set("version", Json{version_of(snapshot_)});
    snapshot_entry_.set("length", Json{static_cast<std::int64_t>(bytes.size())});
    snapshot_entry_.set("hashes", std::move(hashes));
    return done();
}

Status Edition::write_timestamp() {
    Json meta;
    meta.set("snapshot.json", snapshot_entry_);
    timestamp_.set("meta", std::move(meta));
    timestamp_.set("x-signed-at", Json{trust::date_text(desk_.now)});
    renew(timestamp_, desk_.now, desk_.settings.lifetimes.timestamp);
    UPDATE_TRY(keepers, keepers("timestamp"), "publish");
    UPDATE_TRY(bytes, sign_document(desk_, timestamp_, keepers, "timestamp"), "publish");
    UPDATE_CHECK(check_readable<trust::Timestamp>(bytes, trust::Limits{}.timestamp_bytes), "timestamp");
    return desk_.tree.write("timestamp", std::nullopt, bytes);
}

Status Edition::commit() {
    for (const auto& role : changed_) UPDATE_CHECK(write_targets(role), role);
    UPDATE_CHECK(write_snapshot(), "snapshot");
    UPDATE_CHECK(write_timestamp(), "timestamp");
    changed_.clear();
    return done();
}

}  // namespace update::repository
