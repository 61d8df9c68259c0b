#include "trust/trusted_set.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "trust/delegation.hpp"
#include "trust/instant.hpp"
#include "trust/trouble.hpp"
#include "trust/verify.hpp"

namespace update::trust {
namespace {

// A clock this far beyond what signatures show is wrong rather than a machine that slept.
constexpr std::chrono::hours believable_sleep{24 * 366 * 10};
// How far clocks of machines that somebody looks after are apart.
constexpr std::chrono::hours clocks_apart{24};

/// 5.5.5, for one role
Status check_listed(const Snapshot& snapshot, const std::string& role, Version known) {
    const auto now = snapshot.meta.find(role);
    if (now == snapshot.meta.end())
        return trouble(Trouble::rollback,
                       fmt::format("snapshot {} no longer lists {}", snapshot.version, role));
    if (now->second.version >= known) return done();
    return trouble(Trouble::rollback, fmt::format("snapshot {} lists {} {}, though {} was trusted before",
                                                  snapshot.version, role, now->second.version, known));
}

bool is_missing_any(const std::set<std::string>& before, const std::set<std::string>& now) {
    return !std::ranges::includes(now, before);
}

}  // namespace

bool Time::suspect() const {
    if (floor() == WallTime{}) return false;
    return system + clocks_apart < floor() || system > floor() + believable_sleep;
}

bool Time::believes(WallTime signed_at) const {
    const bool is_behind = system + clocks_apart < floor();
    return is_behind || signed_at <= effective() + clocks_apart;
}

TrustedSet::TrustedSet(Cryptography& crypto, const Limits& limits, Time time)
    : crypto_{crypto}, limits_{limits}, time_{time} {}

Status TrustedSet::check_root(const Signed<Root>& candidate, const Root& keeper,
                              std::string_view what) const {
    return check_signatures(crypto_, keeper.keys, keeper.role(TopRole::root), candidate.payload,
                            candidate.signatures, what);
}

std::set<std::string> TrustedSet::key_digests(const Root& root, TopRole role) const {
    std::set<std::string> digests;
    for (const std::string& material : materials(crypto_, root.keys, root.role(role)))
        digests.insert(digest_of(crypto_, DigestKind::sha256, material));
    return digests;
}

Status TrustedSet::check_expiry(const Common& common, std::string_view what) const {
    if (common.expires > time_.effective()) return done();
    return trouble(time_.suspect() ? Trouble::clock_suspect : Trouble::expired,
                   fmt::format("{} expired {}, and it is {}", what, date_text(common.expires),
                               date_text(time_.effective())));
}

Status TrustedSet::start(std::string_view bytes) {
    UPDATE_TRY(root, parse_metadata<Root>(bytes, limits_.root_bytes), "trusted root");
    UPDATE_CHECK(check_root(root, root.content, "the trusted root"), "trusted root");
    root_ = std::move(root);
    first_timestamp_keys_ = key_digests(root_->content, TopRole::timestamp);
    first_snapshot_keys_ = key_digests(root_->content, TopRole::snapshot);
    return done();
}

Status TrustedSet::next_root(std::string_view bytes) {
    const auto wanted = root_->content.version + 1;
    const auto what = fmt::format("root {}", wanted);
    UPDATE_TRY(next, parse_metadata<Root>(bytes, limits_.root_bytes), what);
    // 5.3.4: by the keys of the trusted root, and by its own
    UPDATE_CHECK(check_root(next, root_->content, what + ", by the keys of its predecessor,"), what);
    UPDATE_CHECK(check_root(next, next.content, what + ", by its own keys,"), what);
    // 5.3.5
    if (next.content.version != wanted)
        return trouble(Trouble::rollback,
                       fmt::format("{} calls itself version {}", what, next.content.version));
    root_ = std::move(next);  // 5.3.6; its expiry does not matter yet (5.3.7)
    return done();
}

Status TrustedSet::finish_roots(Floor floor) {
    if (root_->content.version < floor.root)
        return trouble(Trouble::stale_mirror,
                       fmt::format("root {} was trusted before, and only {} is to be had", floor.root,
                                   root_->content.version));
    // 5.3.11. The keys in the floor are those of the last refresh that came this far; the root that this one
    // began with may be older than that, if the store was damaged.
    auto timestamp_keys = key_digests(root_->content, TopRole::timestamp);
    auto snapshot_keys = key_digests(root_->content, TopRole::snapshot);
    const bool known = !floor.timestamp_keys.empty();
    const bool timestamp_rotated =
        is_missing_any(known ? floor.timestamp_keys : first_timestamp_keys_, timestamp_keys);
    // Before expiry is judged: what withdrawn keys said of the time counts no more.
    if (known && timestamp_rotated) floor.time = time_.last_signed = {};
    UPDATE_CHECK(check_expiry(root_->content, fmt::format("root {}", root_->content.version)),
                 "root");  // 5.3.10
    rotated_ = timestamp_rotated ||
               is_missing_any(known ? floor.snapshot_keys : first_snapshot_keys_, snapshot_keys);
    floor_ = std::move(floor);
    if (rotated_) {
        floor_.timestamp = floor_.snapshot = 0;
        floor_.targets.clear();
        floor_.snapshot_void = true;
    }
    floor_.root = root_->content.version;
    floor_.timestamp_keys = std::move(timestamp_keys);
    floor_.snapshot_keys = std::move(snapshot_keys);
    return done();
}

Status TrustedSet::stored_timestamp(std::string_view bytes) {
    if (rotated_) return trouble(Trouble::local, "the stored timestamp belongs to keys that were withdrawn");
    UPDATE_TRY(stored, parse_metadata<Timestamp>(bytes, limits_.timestamp_bytes), "stored timestamp");
    UPDATE_CHECK(check_signatures(crypto_, root().keys, root().role(TopRole::timestamp), stored.payload,
                                  stored.signatures, "the stored timestamp"),
                 "stored timestamp");
    if (stored.content.version < floor_.timestamp || stored.content.snapshot.version < floor_.snapshot)
        return trouble(Trouble::local, fmt::format("the stored timestamp {} is older than {}, which was "
                                                   "trusted before",
                                                   stored.content.version, floor_.timestamp));
    timestamp_ = std::move(stored.content);
    return done();
}

Status TrustedSet::check_against_stored(const Timestamp& fresh) const {
    const auto known = std::max(floor_.timestamp, timestamp_ ? timestamp_->version : 0);
    if (fresh.version < known)  // 5.4.3.1
        return trouble(
            Trouble::stale_mirror,
            fmt::format("timestamp {} is older than {}, which was trusted before", fresh.version, known));
    const auto snapshot = std::max(floor_.snapshot, timestamp_ ? timestamp_->snapshot.version : 0);
    if (fresh.snapshot.version < snapshot)  // 5.4.3.2
        return trouble(Trouble::rollback,
                       fmt::format("timestamp {} names snapshot {}, though {} was trusted before",
                                   fresh.version, fresh.snapshot.version, snapshot));
    return done();
}

Result<TrustedSet::News> TrustedSet::timestamp(std::string_view bytes) {
    UPDATE_TRY(fresh, parse_metadata<Timestamp>(bytes, limits_.timestamp_bytes), "timestamp");
    UPDATE_CHECK(check_signatures(crypto_, root().keys, root().role(TopRole::timestamp), fresh.payload,
                                  fresh.signatures, "the timestamp"),
                 "timestamp");                                                          // 5.4.2
    if (timestamp_ && fresh.content.version == timestamp_->version) return News::same;  // 5.4.3.1
    UPDATE_CHECK(check_against_stored(fresh.content), "timestamp");
    UPDATE_CHECK(check_expiry(fresh.content, fmt::format("timestamp {}", fresh.content.version)),
                 "timestamp");
    timestamp_ = std::move(fresh.content);
    floor_.timestamp = timestamp_->version;
    floor_.snapshot = timestamp_->snapshot.version;
    if (const auto at = timestamp_->signed_at; at && *at <= timestamp_->expires && time_.believes(*at))
        floor_.time = std::max(floor_.time, *at);
    return News::fresh;
}

Status TrustedSet::check_timestamp() const {
    if (!timestamp_) return trouble(Trouble::local, "no timestamp is trusted");
    return check_expiry(*timestamp_, fmt::format("timestamp {}", timestamp_->version));
}

Status TrustedSet::check_final(const Snapshot& candidate) const {
    const Version wanted = timestamp_->snapshot.version;
    if (candidate.version != wanted)  // 5.5.4
        return trouble(Trouble::tampered,
                       fmt::format("the snapshot calls itself version {}, the timestamp names {}",
                                   candidate.version, wanted));
    return check_expiry(candidate, fmt::format("snapshot {}", candidate.version));  // 5.5.6
}

Status TrustedSet::stored_snapshot(std::string_view bytes) {
    if (floor_.snapshot_void)
        return trouble(Trouble::local, "the stored snapshot belongs to keys that were withdrawn");
    UPDATE_TRY(stored, parse_metadata<Snapshot>(bytes, limits_.named_bytes), "stored snapshot");
    UPDATE_CHECK(check_signatures(crypto_, root().keys, root().role(TopRole::snapshot), stored.payload,
                                  stored.signatures, "the stored snapshot"),
                 "stored snapshot");
    stored_snapshot_ = std::move(stored.content);
    UPDATE_CHECK(check_final(*stored_snapshot_), "stored snapshot");
    UPDATE_CHECK(
        check_content(crypto_, bytes, timestamp_->snapshot.length, timestamp_->snapshot.hashes, "it"),
        "stored snapshot");
    UPDATE_CHECK(check_against_floor(*stored_snapshot_), "stored snapshot");
    snapshot_ = stored_snapshot_;
    return done();
}

Status TrustedSet::check_against_stored(const Snapshot& fresh) const {
    if (stored_snapshot_)
        for (const auto& [role, file] : stored_snapshot_->meta)
            UPDATE_CHECK(check_listed(fresh, role, file.version), "snapshot");
    return check_against_floor(fresh);
}

Status TrustedSet::check_against_floor(const Snapshot& candidate) const {
    for (const auto& [role, version] : floor_.targets)
        UPDATE_CHECK(check_listed(candidate, role, version), "snapshot");
    return done();
}

Status TrustedSet::snapshot(std::string_view bytes) {
    UPDATE_CHECK(check_content(crypto_, bytes, timestamp_->snapshot.length, timestamp_->snapshot.hashes,
                               "the snapshot"),
                 "snapshot");  // 5.5.2, before anything is parsed
    UPDATE_TRY(fresh, parse_metadata<Snapshot>(bytes, limits_.named_bytes), "snapshot");
    UPDATE_CHECK(check_signatures(crypto_, root().keys, root().role(TopRole::snapshot), fresh.payload,
                                  fresh.signatures, "the snapshot"),
                 "snapshot");                                       // 5.5.3
    UPDATE_CHECK(check_against_stored(fresh.content), "snapshot");  // 5.5.5
    UPDATE_CHECK(check_final(fresh.content), "snapshot");
    snapshot_ = std::move(fresh.content);
    floor_.snapshot_void = false;
    return done();
}

/// 5.6.3
Status TrustedSet::check_signed_by(const Targets* delegator, const std::string& role,
                                   const Signed<Targets>& file) const {
    const Keys& keys = delegator != nullptr ? delegator->delegations->keys : root().keys;
    const RoleKeys* keepers =
        delegator != nullptr ? role_keys(*delegator->delegations, role) : &root().role(TopRole::targets);
    if (keepers == nullptr)
        return trouble(Trouble::tampered, fmt::format("nothing is delegated to {}", role));
    return check_signatures(crypto_, keys, *keepers, file.payload, file.signatures, role);
}

Status TrustedSet::targets(const Targets* delegator, const std::string& role, std::string_view bytes) {
    const auto listed = snapshot_->meta.find(role);
    if (listed == snapshot_->meta.end())
        return trouble(Trouble::tampered,
                       fmt::format("snapshot {} does not list {}", snapshot_->version, role));
    const MetaFile& wanted = listed->second;
    UPDATE_CHECK(check_content(crypto_, bytes, wanted.length, wanted.hashes, role), role);  // 5.6.2
    UPDATE_TRY(fresh, parse_metadata<Targets>(bytes, limits_.named_bytes), role);
    UPDATE_CHECK(check_signed_by(delegator, role, fresh), role);
    if (fresh.content.version != wanted.version)  // 5.6.4
        return trouble(Trouble::tampered, fmt::format("{} calls itself version {}, the snapshot names {}",
                                                      role, fresh.content.version, wanted.version));
    UPDATE_CHECK(check_expiry(fresh.content, fmt::format("{} {}", role, fresh.content.version)),
                 role);  // 5.6.5
    floor_.targets[role] = fresh.content.version;
    targets_[{delegator, role}] = std::make_unique<Targets>(std::move(fresh.content));
    return done();
}

std::set<std::string> TrustedSet::target_roles() const {
    std::set<std::string> roles;
    for (const auto& [reached, targets] : targets_) roles.insert(reached.second);
    return roles;
}

const Targets* TrustedSet::find(const Targets* delegator, const std::string& role) const {
    const auto found = targets_.find({delegator, role});
    return found != targets_.end() ? found->second.get() : nullptr;
}

}  // namespace update::trust
