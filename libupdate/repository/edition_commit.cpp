// An edition is signed, and appears.
#include <algorithm>
#include <fmt/format.h>

#include "repository/document.hpp"
#include "repository/edition.hpp"
#include "trust/instant.hpp"
#include "trust/limits.hpp"
#include "trust/trusted_set.hpp"
#include "trust/verify.hpp"

namespace update::repository {
namespace {

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

}  // namespace

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
    hashes.set("sha256", Json{trust::digest_of(desk_.crypto, DigestKind::sha256, bytes)});
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
