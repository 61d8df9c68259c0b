#include "trust/client.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "trust/search.hpp"
#include "trust/trouble.hpp"

namespace update::trust {

Client::Client(ClientPorts ports, Path store, Address address, ClientOptions options)
    : ports_{ports},
      address_{std::move(address)},
      options_{std::move(options)},
      store_{ports.files, ports.crypto, std::move(store)} {}

Status Client::establish(std::string_view root) {
    TrustedSet set{ports_.crypto, options_.limits, {}};
    UPDATE_CHECK(set.start(root), "establish trust");
    return store_.establish(root, set.root().version);
}

/// 5.1: one time for the whole refresh
void Client::begin() {
    const Time time{ports_.clock.wall(), options_.built_at, store_.floor().time};
    set_ = std::make_unique<TrustedSet>(ports_.crypto, options_.limits, time);
}

/// All that a refresh would end with, if nothing is new.
Status Client::load_stored() {
    begin();
    UPDATE_CHECK(load_root(), "stored");
    UPDATE_CHECK(set_->finish_roots(store_.floor()), "stored");
    const auto timestamp = store_.read("timestamp", options_.limits.timestamp_bytes);
    if (!timestamp) return trouble(Trouble::local, "no timestamp is stored");
    UPDATE_CHECK(set_->stored_timestamp(*timestamp), "stored");
    UPDATE_CHECK(set_->check_timestamp(), "stored");
    const auto snapshot = store_.read("snapshot", options_.limits.named_bytes);
    if (!snapshot) return trouble(Trouble::local, "no snapshot is stored");
    UPDATE_CHECK(set_->stored_snapshot(*snapshot), "stored");
    const auto targets = store_.read("targets", options_.limits.named_bytes);
    if (!targets) return trouble(Trouble::local, "no targets are stored");
    return set_->targets(nullptr, "targets", *targets);
}

Status Client::refresh_if_changed() {
    const auto etag = store_.etag();
    if (etag.empty() || !load_stored()) return refresh();
    UPDATE_TRY(answer,
               fetch_if_changed(ports_.http, ports_.clock, metadata_url(address_, "timestamp", std::nullopt),
                                etag, options_.limits.timestamp_bytes, options_.cancel),
               "poll");
    return answer.unchanged ? done() : refresh();
}

Status Client::refresh() {
    begin();
    UPDATE_CHECK(load_root(), "refresh");
    UPDATE_CHECK(update_root(), "refresh");
    UPDATE_CHECK(update_timestamp(), "refresh");
    UPDATE_CHECK(update_snapshot(), "refresh");
    UPDATE_TRY(targets, load_targets(nullptr, std::string{name(TopRole::targets)}), "refresh");
    (void)targets;
    return done();
}

/// 5.2. The first of these that is sound: root.json, the newest of the history, the embedded one.
Status Client::load_root() {
    const auto cap = options_.limits.root_bytes;
    auto tried = Status{trouble(Trouble::local, "no root is stored")};
    if (const auto root = store_.read("root", cap))
        if (tried = set_->start(*root); tried) return done();
    for (const Version version : store_.kept_roots()) {
        const auto root = store_.kept_root(version, cap);
        if (root && set_->start(*root)) return store_.write_root(version, *root);
    }
    if (!options_.embedded_root.empty() && set_->start(options_.embedded_root))
        return store_.write_root(set_->root().version, options_.embedded_root);
    return tried;
}

/// 5.3
Status Client::update_root() {
    for (unsigned i = 0; i < options_.limits.new_roots; ++i) {
        const auto next = fetch("root", set_->root().version + 1, options_.limits.root_bytes);
        if (!next && next.error().code() == ErrorCode::not_found) break;  // 5.3.3: this one is the newest
        if (!next) return next.error();
        UPDATE_CHECK(set_->next_root(*next), "update root");
        UPDATE_CHECK(store_.write_root(set_->root().version, *next), "update root");  // 5.3.8
    }
    return set_->finish_roots(store_.floor());
}

/// 5.4
Status Client::update_timestamp() {
    const auto cap = options_.limits.timestamp_bytes;
    if (const auto stored = store_.read("timestamp", cap)) (void)set_->stored_timestamp(*stored);
    UPDATE_TRY(fresh,
               fetch_if_changed(ports_.http, ports_.clock, metadata_url(address_, "timestamp", std::nullopt),
                                {}, cap, options_.cancel),
               "update timestamp");
    UPDATE_TRY(news, set_->timestamp(fresh.text), "update timestamp");
    if (news == TrustedSet::News::fresh) {
        // The file first: a floor above it would refuse the file that belongs to it.
        UPDATE_CHECK(store_.write("timestamp", fresh.text), "update timestamp");  // 5.4.5
        UPDATE_CHECK(store_.write_floor(set_->floor()), "update timestamp");
    } else {
        UPDATE_CHECK(set_->check_timestamp(), "update timestamp");
    }
    return store_.write_etag(fresh.etag);
}

/// 5.5
Status Client::update_snapshot() {
    const MetaFile& wanted = set_->timestamp()->snapshot;
    const auto cap = this->cap(wanted, options_.limits.snapshot_bytes);
    if (const auto stored = store_.read("snapshot", options_.limits.named_bytes))
        if (set_->stored_snapshot(*stored)) return done();
    UPDATE_TRY(fresh, fetch("snapshot", version_in_url(wanted), cap), "update snapshot");
    UPDATE_CHECK(set_->snapshot(fresh), "update snapshot");
    UPDATE_CHECK(store_.write("snapshot", fresh), "update snapshot");  // 5.5.7
    return store_.write_floor(set_->floor());
}

/// 5.6, for one role by the word of one delegator
Result<const Targets*> Client::load_targets(const Targets* delegator, const std::string& role) {
    if (const Targets* known = set_->find(delegator, role)) return known;
    const auto& listed = set_->snapshot()->meta;
    const auto wanted = listed.find(role);
    if (wanted == listed.end())
        return trouble(Trouble::tampered, fmt::format("the snapshot does not list {}", role));
    const auto cap = this->cap(wanted->second, options_.limits.targets_bytes);
    const auto stored = store_.read(role, cap);
    if (!stored || !set_->targets(delegator, role, *stored)) {
        UPDATE_TRY(fresh, fetch(role, version_in_url(wanted->second), cap), "update " + role);
        UPDATE_CHECK(set_->targets(delegator, role, fresh), "update " + role);
        UPDATE_CHECK(store_.write(role, fresh), "update " + role);  // 5.6.6
    }
    UPDATE_CHECK(store_.write_floor(set_->floor()), "update " + role);
    return set_->find(delegator, role);
}

Result<TargetFile> Client::find(std::string_view path) {
    if (set_ == nullptr || set_->snapshot() == nullptr)
        return trouble(Trouble::local, "nothing is trusted: refresh first");
    return find_target(
        ports_.crypto, path, options_.limits.delegations,
        [this](const Targets* delegator, const std::string& role) { return load_targets(delegator, role); });
}

Result<std::string> Client::fetch(std::string_view role, std::optional<Version> version,
                                  std::size_t max_bytes) {
    return fetch_text(ports_.http, ports_.clock, metadata_url(address_, role, version), max_bytes,
                      options_.cancel);
}

std::size_t Client::cap(const MetaFile& file, std::size_t otherwise) const {
    if (!file.length) return otherwise;
    return std::min(options_.limits.named_bytes, static_cast<std::size_t>(*file.length));
}

std::optional<Version> Client::version_in_url(const MetaFile& file) const {
    return set_->root().consistent_snapshot ? std::optional{file.version} : std::nullopt;
}

}  // namespace update::trust
