#include "repository/publisher.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/grammar.hpp"
#include "durable/durable.hpp"
#include "trust/instant.hpp"

namespace update::repository {
namespace {

constexpr std::size_t settings_bytes_max = 4'000'000;
constexpr unsigned keys_max = 64;

Json number(std::int64_t value) { return Json{value}; }

Json role_of(const std::vector<std::string>& keyids, std::int64_t threshold) {
    Json::Array ids;
    for (const auto& id : keyids) ids.emplace_back(id);
    Json role;
    role.set("keyids", Json{std::move(ids)});
    role.set("threshold", number(threshold));
    return role;
}

Error cannot_begin(const std::string& role, const std::vector<std::string>& missing) {
    return Error{ErrorCode::refused,
                 fmt::format("a repository begins signed, and {} needs a key that cannot be asked here: {}",
                             role, fmt::join(missing, ", "))};
}

}  // namespace

Publisher::Publisher(PublisherPorts ports, Path folder, std::unique_ptr<Lock> lock, Passphrase ask)
    : ports_{ports},
      folder_{std::move(folder)},
      lock_{std::move(lock)},
      tree_{ports.files, ports.folders, folder_ / "public"},
      keyring_{ports.files, ports.processes, ports.crypto, ports.smith, folder_, std::move(ask)} {}

Result<std::unique_ptr<Publisher>> Publisher::open(PublisherPorts ports, Path folder, Passphrase ask) {
    // Others must get through to public/, so the folder itself is not private; what is secret in it is.
    UPDATE_CHECK(ports.folders.make(folder), "publisher's folder");
    UPDATE_TRY(lock, ports.locks.try_lock(folder / "lock"), "another publisher works here");
    std::unique_ptr<Publisher> publisher{
        new Publisher{ports, std::move(folder), std::move(lock), std::move(ask)}};
    UPDATE_CHECK(publisher->load_settings(), "publisher");
    return publisher;
}

Status Publisher::load_settings() {
    auto text = read_text(ports_.files, folder_ / "settings.json", settings_bytes_max);
    if (!text && text.error().code() == ErrorCode::not_found) return done();
    if (!text) return std::move(text).error();
    UPDATE_TRY(settings, parse_publisher_settings(*text), "settings.json");
    settings_ = std::move(settings);
    return done();
}

Status Publisher::save_settings() {
    return write_durably(ports_.files, folder_ / "settings.json", to_json(settings_));
}

Desk Publisher::desk() {
    return {tree_, keyring_, ports_.crypto, settings_, ports_.clock.wall(), ports_.clock.built_at()};
}

Result<Json> Publisher::root_document() {
    UPDATE_TRY(version, tree_.root_version(), "root");
    if (version == 0)
        return Error{ErrorCode::not_found, "there is no repository here: run updatectl repo init"};
    UPDATE_TRY(file, tree_.read("root", version), "root");
    const Json* document = file.find("signed");
    if (document == nullptr) return Error{ErrorCode::corrupt, "the published root has no signed part"};
    return *document;
}

Result<Json> Publisher::staged_root() {
    auto text = read_text(ports_.files, folder_ / staged_root_name, metadata_bytes_max);
    if (!text && text.error().code() == ErrorCode::not_found) return Json{};
    if (!text) return std::move(text).error();
    return trust::parse_json(*text, metadata_bytes_max);
}

Result<Edition> Publisher::edition() {
    UPDATE_TRY(root, root_document(), "edition");
    UPDATE_TRY(waiting_root, staged_root(), "edition");
    UPDATE_TRY(waiting, read_staged(ports_.files, folder_ / staged_edition_name), "edition");
    const Json* document = waiting_root.find("signed");
    return Edition::open(desk(), root, document != nullptr ? *document : Json{}, std::move(waiting));
}

/// As clients see it.
Result<Edition> Publisher::published_edition() {
    UPDATE_TRY(root, root_document(), "edition");
    UPDATE_TRY(waiting_root, staged_root(), "edition");
    const Json* document = waiting_root.find("signed");
    return Edition::open(desk(), root, document != nullptr ? *document : Json{});
}

Result<Waits> Publisher::commit(Edition& edition) {
    UPDATE_TRY(waits, edition.commit(), "publish");
    UPDATE_CHECK(write_staged(ports_.files, folder_ / staged_edition_name, edition.staged()), "publish");
    return waits;
}

Status Publisher::discard() {
    UPDATE_CHECK(ports_.files.remove(folder_ / staged_edition_name), "discard");
    return ports_.files.remove(folder_ / staged_root_name);
}

Result<Json> Publisher::new_role(const KeyCount& count, KeyScheme scheme, Json& keys) {
    const auto size = std::max<std::size_t>(count.keys, count.elsewhere.size());
    if (count.threshold < 1 || size > keys_max || std::cmp_less(size, count.threshold))
        return Error{ErrorCode::refused,
                     "the threshold must be between 1 and the number of keys, at most 64"};
    std::vector<std::string> ids;
    for (const KeyElsewhere& key : count.elsewhere) {
        UPDATE_TRY(id, take_key(key, keys), "init");
        if (std::ranges::find(ids, id) != ids.end())
            return Error{ErrorCode::refused, "one key cannot be two of a role: " + id};
        ids.push_back(id);
    }
    while (ids.size() < size) {
        UPDATE_TRY(id, new_key(scheme, keys), "init");
        ids.push_back(id);
    }
    return role_of(ids, count.threshold);
}

/// The settings know the key before anything that is published does.
Result<std::string> Publisher::new_key(KeyScheme scheme, Json& keys) {
    UPDATE_TRY(made, keyring_.make(scheme), "new key");
    settings_.keys[made.id] = made.place;
    UPDATE_CHECK(save_settings(), "new key");
    keys.set(made.id, made.entry);
    return made.id;
}

/// What clients could not use is refused before anything names it.
Result<std::string> Publisher::take_key(const KeyElsewhere& key, Json& keys) {
    UPDATE_TRY(known, ports_.smith.read_public(key.public_pem), "key that is elsewhere");
    UPDATE_CHECK(ports_.crypto.verifying_key(known.scheme, known.text), "key that is elsewhere");
    const Json entry = key_entry(known);
    const auto id = key_id(ports_.crypto, entry);
    if (!key.command.empty() || !settings_.keys.contains(id)) settings_.keys[id] = {{}, key.command};
    UPDATE_CHECK(save_settings(), "key that is elsewhere");
    keys.set(id, entry);
    return id;
}

Result<std::string> Publisher::next_key(const std::optional<KeyElsewhere>& given, Json& keys) {
    return given ? take_key(*given, keys) : new_key(KeyScheme::ed25519, keys);
}

Status Publisher::init(const InitWish& wish) {
    UPDATE_TRY(version, tree_.root_version(), "init");
    if (version != 0) return Error{ErrorCode::refused, "there is a repository here already"};
    settings_ = {};
    settings_.lifetimes = wish.lifetimes;
    UPDATE_CHECK(tree_.prepare(), "init");
    Json keys{Json::Object{}}, roles;
    for (const auto role : trust::top_roles) {
        const auto& count = role == trust::TopRole::root       ? wish.root
                            : role == trust::TopRole::targets  ? wish.targets
                            : role == trust::TopRole::snapshot ? wish.snapshot
                                                               : wish.timestamp;
        UPDATE_TRY(entry, new_role(count, wish.scheme, keys), "init");
        roles.set(trust::name(role), entry);
    }
    Json root;
    root.set("_type", Json{"root"});
    root.set("spec_version", Json{"1.0.34"});
    root.set("version", number(1));
    root.set("consistent_snapshot", Json{true});
    root.set("expires",
             Json{trust::date_text(ports_.clock.wall() + std::chrono::hours{24 * wish.lifetimes.root})});
    root.set("keys", std::move(keys));
    root.set("roles", std::move(roles));
    UPDATE_TRY(keepers, keepers_in_root(root, "root"), "init");
    UPDATE_TRY(file, sign_file(desk(), root, {keepers}, Json{}, "root"), "init");
    if (!file.missing.empty()) return cannot_begin("root", file.missing);
    auto first = Edition::begin(desk(), root);
    UPDATE_CHECK(first.touch("targets"), "init");
    UPDATE_TRY(waits, first.commit(), "init");
    if (!waits.empty()) return cannot_begin(waits.front().role, waits.front().missing);
    return tree_.write("root", 1, file.bytes);  // last: with it, this is a repository
}

}  // namespace update::repository
