// A channel of a product is a delegated role, found by the names that it speaks for.
#include <algorithm>
#include <fmt/format.h>

#include "base/grammar.hpp"
#include "repository/publisher.hpp"

namespace update::repository {
namespace {

Json paths_of(const std::string& product, const std::string& channel) {
    return Json{Json::Array{Json{fmt::format("{}/{}/*", product, channel)}}};
}

}  // namespace

/// The role to which these names are delegated; empty: none. Its name alone does not tell: "a-b-c" may
/// be product "a" or "a-b".
Result<std::string> Publisher::channel_role(Edition& edition, const std::string& product,
                                            const std::string& channel) {
    UPDATE_TRY(targets, edition.look("targets"), "channel");
    const Json* delegations = targets->find("delegations");
    const Json* roles = delegations != nullptr ? delegations->find("roles") : nullptr;
    if (roles == nullptr || roles->array() == nullptr) return std::string{};
    const Json wanted = paths_of(product, channel).array()->front();
    for (const Json& role : *roles->array()) {
        const Json* paths = role.find("paths");
        if (paths == nullptr || paths->array() == nullptr) continue;
        if (std::ranges::find(*paths->array(), wanted) != paths->array()->end())
            return *role.find("name")->text();
    }
    return std::string{};
}

/// Top-level targets delegate to one role per product and channel, with a key of its own.
Result<std::string> Publisher::ensure_channel(Edition& edition, const std::string& product,
                                              const std::string& channel, const KeyCount& count) {
    UPDATE_TRY(known, channel_role(edition, product, channel), "channel");
    if (!known.empty()) return known;
    auto role = fmt::format("{}-{}", product, channel);
    for (unsigned n = 2; edition.has(role); ++n) role = fmt::format("{}-{}-{}", product, channel, n);
    UPDATE_TRY(targets, edition.edit("targets"), "channel");
    if (targets->find("delegations") == nullptr) {
        Json none;
        none.set("keys", Json{Json::Object{}});
        none.set("roles", Json{Json::Array{}});
        targets->set("delegations", std::move(none));
    }
    Json& delegations = *targets->find("delegations");
    UPDATE_TRY(entry, new_role(count, KeyScheme::ed25519, *delegations.find("keys")), "channel");
    entry.set("name", Json{role});
    entry.set("terminating", Json{true});  // nobody else speaks for these names
    entry.set("paths", paths_of(product, channel));
    Json::Array roles = *delegations.find("roles")->array();
    roles.push_back(std::move(entry));
    delegations.set("roles", Json{std::move(roles)});
    UPDATE_TRY(document, edition.edit(role), "channel");
    (void)document;
    return role;
}

Result<Waits> Publisher::add_channel(const std::string& product, const std::string& channel,
                                     const KeyCount& count) {
    if (!is_plain_name(product)) return Error{ErrorCode::refused, "not a product's name: " + product};
    if (!is_plain_name(channel)) return Error{ErrorCode::refused, "not a channel's name: " + channel};
    UPDATE_TRY(edition, edition(), "channel");
    UPDATE_TRY(known, channel_role(edition, product, channel), "channel");
    if (!known.empty())
        return Error{ErrorCode::refused, fmt::format("{} has a channel {} already", product, channel)};
    UPDATE_CHECK(ensure_channel(edition, product, channel, count), "channel");
    UPDATE_TRY(list, read_list(edition, product, channel), "channel");
    UPDATE_CHECK(write_list(edition, list), "channel");
    return commit(edition);
}

}  // namespace update::repository
