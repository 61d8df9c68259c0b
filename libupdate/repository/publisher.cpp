#include "repository/publisher.hpp"

#include <fmt/format.h>

#include "base/grammar.hpp"
#include "durable/durable.hpp"
#include "trust/instant.hpp"

namespace update::repository {
namespace {

constexpr std::size_t settings_bytes_max = 4'000'000;

Json number(std::int64_t value) { return Json{value}; }

Json role_of(const std::vector<std::string>& keyids, std::int64_t threshold) {
    Json::Array ids;
    for (const auto& id : keyids) ids.emplace_back(id);
    Json role;
    role.set("keyids", Json{std::move(ids)});
    role.set("threshold", number(threshold));
    return role;
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

Desk Publisher::desk() { return {tree_, keyring_, ports_.crypto, settings_, ports_.clock.wall()}; }

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
    auto text = read_text(ports_.files, folder_ / "staged-root.json", metadata_bytes_max);
    if (!text && text.error().code() == ErrorCode::not_found) return Json{};
    if (!text) return std::move(text).error();
    return trust::parse_json(*text, metadata_bytes_max);
}

Result<Edition> Publisher::edition() {
    UPDATE_TRY(root, root_document(), "edition");
    UPDATE_TRY(staged, staged_root(), "edition");
    const Json* document = staged.find("signed");
    return Edition::open(desk(), root, document != nullptr ? *document : Json{});
}

/// The settings know the key before anything that is published does.
Result<std::string> Publisher::new_key(KeyScheme scheme, Json& keys) {
    UPDATE_TRY(made, keyring_.make(scheme), "new key");
    settings_.keys[made.id] = made.place;
    UPDATE_CHECK(save_settings(), "new key");
    keys.set(made.id, made.entry);
    return made.id;
}

Status Publisher::init(const InitWish& wish) {
    UPDATE_TRY(version, tree_.root_version(), "init");
    if (version != 0) return Error{ErrorCode::refused, "there is a repository here already"};
    if (wish.root_threshold < 1 || wish.root_keys > 64 || std::cmp_less(wish.root_keys, wish.root_threshold))
        return Error{ErrorCode::refused, "the threshold must be between 1 and the number of root keys"};
    settings_ = {};
    settings_.lifetimes = wish.lifetimes;
    UPDATE_CHECK(tree_.prepare(), "init");
    Json keys{Json::Object{}}, roles;
    for (const auto role : trust::top_roles) {
        const bool is_root = role == trust::TopRole::root;
        std::vector<std::string> ids;
        for (unsigned i = 0; i < (is_root ? wish.root_keys : 1); ++i) {
            UPDATE_TRY(id, new_key(wish.scheme, keys), "init");
            ids.push_back(id);
        }
        roles.set(trust::name(role), role_of(ids, is_root ? wish.root_threshold : 1));
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
    auto first = Edition::begin(desk(), root);
    UPDATE_CHECK(first.touch("targets"), "init");
    UPDATE_CHECK(first.commit(), "init");
    UPDATE_TRY(keepers, keepers_of(*root.find("roles")->find("root"), "root"), "init");
    UPDATE_TRY(bytes, sign_document(desk(), root, keepers, "root"), "init");
    return tree_.write("root", 1, bytes);  // last: with it, this is a repository
}

}  // namespace update::repository
