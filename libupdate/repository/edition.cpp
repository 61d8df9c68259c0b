#include "repository/edition.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/hex.hpp"
#include "trust/fields.hpp"
#include "trust/instant.hpp"
#include "trust/limits.hpp"
#include "trust/trusted_set.hpp"

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

/// Nothing is published that a client would not read.
template <class Kind>
Status check_readable_as(std::string_view bytes, std::size_t max_bytes) {
    auto file = trust::parse_metadata<Kind>(bytes, max_bytes);
    if (!file) return std::move(file).error().in("what would be published is not acceptable to clients");
    return done();
}
Status check_readable(std::string_view role, std::string_view bytes) {
    const trust::Limits limits;
    if (role == "timestamp") return check_readable_as<trust::Timestamp>(bytes, limits.timestamp_bytes);
    if (role == "snapshot") return check_readable_as<trust::Snapshot>(bytes, limits.named_bytes);
    return check_readable_as<trust::Targets>(bytes, limits.targets_bytes);
}

/// Roles whose documents are targets; the two others are made of them.
bool is_targets(std::string_view role) { return role != "snapshot" && role != "timestamp"; }

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

/// Signs it, and notes who is missing. What clients would not read is refused now.
Status Edition::stage(const std::string& role, const Json& document, const Json& earlier, Waits& waits) {
    UPDATE_TRY(wanted, keepers(role), role);
    UPDATE_TRY(file, sign_file(desk_, document, wanted, earlier, role), role);
    UPDATE_CHECK(check_readable(role, file.bytes), role);
    if (!file.missing.empty()) waits.push_back({role, std::move(file.missing)});
    staged_[role] = std::move(file.bytes);
    return done();
}

/// A whole file that waits, or null.
Json Edition::waiting(const std::string& role) const {
    const auto found = staged_.find(role);
    if (found == staged_.end()) return {};
    auto file = trust::parse_json(found->second, metadata_bytes_max);
    return file ? std::move(*file) : Json{};
}

Status Edition::stage_targets(const std::string& role, Waits& waits) {
    Json& document = documents_[role];
    if (!changed_.contains(role)) return stage(role, document, waiting(role), waits);
    document.set("version", Json{listed(snapshot_, role + ".json")});
    renew(document, desk_.now, desk_.settings.lifetimes.targets);
    return stage(role, document, Json{}, waits);
}

/// One that waits with the same content goes on waiting with the signatures that it has.
Status Edition::stage_unless_waiting(const std::string& role, Json document, int days, Waits& waits) {
    const Json earlier = waiting(role);
    const Json* before = signed_part(earlier);
    const Json *meta = before != nullptr ? before->find("meta") : nullptr, *wanted = document.find("meta");
    if (meta != nullptr && version_of(*before) == version_of(document) + 1 && *meta == *wanted)
        return stage(role, *before, earlier, waits);
    renew(document, desk_.now, days);
    return stage(role, document, Json{}, waits);
}

Status Edition::stage_snapshot(Waits& waits) {
    Json snapshot = snapshot_;
    for (const auto& [role, bytes] : staged_) {
        if (!is_targets(role)) continue;
        Json entry;
        entry.set("version", Json{version_of(documents_[role])});
        snapshot.find("meta")->set(role + ".json", std::move(entry));
    }
    return stage_unless_waiting("snapshot", std::move(snapshot), desk_.settings.lifetimes.snapshot, waits);
}

Status Edition::stage_timestamp(Waits& waits) {
    const auto& bytes = staged_["snapshot"];
    Json hashes, entry, meta;
    hashes.set("sha256", Json{sha256_of(desk_.crypto, bytes)});
    entry.set("version", Json{version_of(snapshot_) + 1});
    entry.set("length", Json{static_cast<std::int64_t>(bytes.size())});
    entry.set("hashes", std::move(hashes));
    meta.set("snapshot.json", std::move(entry));
    Json timestamp = timestamp_;
    timestamp.set("meta", std::move(meta));
    timestamp.set("x-signed-at", Json{trust::date_text(desk_.now)});
    return stage_unless_waiting("timestamp", std::move(timestamp), desk_.settings.lifetimes.timestamp, waits);
}

/// The keys that signed the time of the published timestamp may be on their way out: then it binds nobody.
Status Edition::check_clock() const {
    trust::Time time{desk_.now, desk_.built_at, {}};
    const Json* said = timestamp_.find("x-signed-at");
    const auto before =
        said != nullptr && said->text() != nullptr ? trust::parse_date(*said->text()) : std::nullopt;
    if (before && !is_timestamp_rotating()) time.last_signed = *before;
    if (!time.suspect()) return done();
    return Error{ErrorCode::refused,
                 fmt::format("this machine's clock says {}, though {} is certain: set the clock; if it was "
                             "wrong when the last edition was signed, run updatectl repo rotate timestamp",
                             trust::date_text(time.system), trust::date_text(time.floor()))};
}

bool Edition::is_timestamp_rotating() const {
    if (staged_root_.is_null()) return false;
    const auto keys = [](const Json& root) {
        const auto named = keepers_in_root(root, "timestamp");
        return named ? named->role.keyids : std::vector<std::string>{};
    };
    const auto before = keys(root_), after = keys(staged_root_);
    return std::ranges::any_of(
        before, [&after](const std::string& id) { return std::ranges::find(after, id) == after.end(); });
}

Result<Waits> Edition::commit() {
    UPDATE_CHECK(check_clock(), "publish");
    std::set<std::string> roles{changed_.begin(), changed_.end()};
    for (const auto& [role, bytes] : staged_)
        if (is_targets(role)) roles.insert(role);
    Waits waits;
    for (const auto& role : roles) UPDATE_CHECK(stage_targets(role, waits), "publish");
    changed_.clear();
    if (!waits.empty()) return waits;
    UPDATE_CHECK(stage_snapshot(waits), "publish");
    if (!waits.empty()) return waits;
    UPDATE_CHECK(stage_timestamp(waits), "publish");
    if (!waits.empty()) return waits;
    return publish();
}

Result<Waits> Edition::publish() {
    for (const auto& role : {"snapshot", "timestamp"}) {
        const Json file = waiting(role);
        (role == std::string_view{"snapshot"} ? snapshot_ : timestamp_) = *signed_part(file);
    }
    for (const auto& [role, bytes] : staged_)
        if (is_targets(role))
            UPDATE_CHECK(desk_.tree.write(role, version_of(documents_[role]), bytes), "publish");
    UPDATE_CHECK(desk_.tree.write("snapshot", version_of(snapshot_), staged_["snapshot"]), "publish");
    UPDATE_CHECK(desk_.tree.write("timestamp", std::nullopt, staged_["timestamp"]), "publish");
    staged_.clear();
    return Waits{};
}

}  // namespace update::repository
