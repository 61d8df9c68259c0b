// A new key takes the place of an old one: of a top-level role, or of a product's channel.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "repository/publisher.hpp"
#include "trust/instant.hpp"

namespace update::repository {
namespace {

/// Keys that no role names any more.
void drop_unused_keys(Json& keys, const std::vector<const Json*>& roles) {
    std::set<std::string> used;
    for (const Json* role : roles)
        if (const Json* ids = role->find("keyids"); ids != nullptr && ids->array() != nullptr)
            for (const Json& id : *ids->array())
                if (id.text() != nullptr) used.insert(*id.text());
    Json::Object kept;
    for (const auto& [id, key] : *keys.object())
        if (used.contains(id)) kept.push_back({id, key});
    keys = Json{std::move(kept)};
}

/// @param old_key  empty: the first
Status exchange_key(Json& role, const std::string& old_key, const std::string& new_key,
                    const std::string& name) {
    UPDATE_TRY(keepers, keepers_of(role, nullptr, name), name);
    auto& ids = keepers.role.keyids;
    const auto found = old_key.empty() ? ids.begin() : std::ranges::find(ids, old_key);
    if (found == ids.end())
        return Error{ErrorCode::not_found,
                     fmt::format("{} has no key {}; it has {}", name, old_key, fmt::join(ids, ", "))};
    if (std::ranges::find(ids, new_key) != ids.end())
        return Error{ErrorCode::refused, fmt::format("{} has the key {} already", name, new_key)};
    *found = new_key;
    Json::Array entries;
    for (const std::string& id : ids) entries.emplace_back(id);
    role.set("keyids", Json{std::move(entries)});
    return done();
}

bool is_called(const Json& role, const std::string& name) {
    const Json* called = role.find("name");
    return called != nullptr && *called == Json{name};
}

}  // namespace

Result<RootState> Publisher::rotate(trust::TopRole role, const std::string& old_key,
                                    const std::optional<KeyElsewhere>& given) {
    UPDATE_TRY(staged, staged_root(), "rotate");
    UPDATE_TRY(current, root_document(), "rotate");
    const Json* waiting = staged.find("signed");
    Json root = waiting != nullptr ? *waiting : current;
    const std::string name{trust::name(role)};
    Json& roles = *root.find("roles");
    UPDATE_TRY(id, next_key(given, *root.find("keys")), "rotate");
    UPDATE_CHECK(exchange_key(*roles.find(name), old_key, id, name), "rotate");
    std::vector<const Json*> all;
    for (const auto& [called, entry] : *roles.object()) all.push_back(&entry);
    drop_unused_keys(*root.find("keys"), all);
    root.set("version", Json{*current.find("version")->integer() + 1});
    root.set("expires",
             Json{trust::date_text(ports_.clock.wall() + std::chrono::hours{24 * settings_.lifetimes.root})});
    UPDATE_CHECK(stage_root(root, Json{}), "rotate");
    if (role == trust::TopRole::root) return finish_root();
    // Readers with either root must accept what is published: sign it by the old and the new keys before the
    // root appears.
    UPDATE_TRY(edition, edition(), "rotate");
    UPDATE_CHECK(edition.touch(name), "rotate");
    UPDATE_TRY(waits, commit(edition), "rotate");
    UPDATE_TRY(state, finish_root(), "rotate");
    if (!waits.empty()) state.missing = waits.front().missing;  // first of all
    return std::move(state);
}

/// Targets that name the new key, and the role that it signed, appear in one edition.
Result<Waits> Publisher::rotate_channel(const std::string& product, const std::string& channel,
                                        const std::string& old_key,
                                        const std::optional<KeyElsewhere>& given) {
    UPDATE_TRY(edition, edition(), "rotate");
    UPDATE_TRY(name, channel_role(edition, product, channel), "rotate");
    if (name.empty())
        return Error{ErrorCode::not_found, fmt::format("{} has no channel {}", product, channel)};
    UPDATE_TRY(targets, edition.edit("targets"), "rotate");
    Json& delegations = *targets->find("delegations");
    UPDATE_TRY(id, next_key(given, *delegations.find("keys")), "rotate");
    Json::Array roles = *delegations.find("roles")->array();
    for (Json& role : roles)
        if (is_called(role, name)) UPDATE_CHECK(exchange_key(role, old_key, id, name), "rotate");
    std::vector<const Json*> all;
    for (const Json& role : roles) all.push_back(&role);
    drop_unused_keys(*delegations.find("keys"), all);
    delegations.set("roles", Json{std::move(roles)});
    UPDATE_CHECK(edition.touch(name), "rotate");
    return commit(edition);
}

}  // namespace update::repository
