// Changes of the root: staged until enough keys have signed.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/hex.hpp"
#include "durable/durable.hpp"
#include "repository/publisher.hpp"
#include "trust/instant.hpp"
#include "trust/verify.hpp"

namespace update::repository {
namespace {

constexpr const char* staged_name = "staged-root.json";

/// Keys that no role of the document names any more.
void drop_unused_keys(Json& root) {
    std::set<std::string> used;
    for (const auto& [role, value] : *root.find("roles")->object())
        if (const Json* ids = value.find("keyids"); ids != nullptr && ids->array() != nullptr)
            for (const Json& id : *ids->array())
                if (id.text() != nullptr) used.insert(*id.text());
    Json::Object kept;
    for (const auto& [id, key] : *root.find("keys")->object())
        if (used.contains(id)) kept.push_back({id, key});
    root.set("keys", Json{std::move(kept)});
}

Status has_enough(Cryptography& crypto, const trust::Signed<trust::Root>& root, const trust::Root& keeper) {
    return trust::check_signatures(crypto, keeper.keys, keeper.role(trust::TopRole::root), root.payload,
                                   root.signatures, "the staged root");
}

/// Who may still sign: keys of either root's root role that have not.
std::vector<std::string> unsigned_keys(const trust::Signed<trust::Root>& staged, const trust::Root& before) {
    std::set<std::string> may;
    for (const auto* root : {&before, &staged.content})
        for (const auto& id : root->role(trust::TopRole::root).keyids) may.insert(id);
    for (const auto& signature : staged.signatures) may.erase(signature.keyid);
    return {may.begin(), may.end()};
}

}  // namespace

/// The document with all signatures that it has, and those of all keys that are here.
Result<std::string> Publisher::signed_root(const Json& document, const Json& earlier_file) {
    UPDATE_TRY(before, root_document(), "sign root");
    const auto payload = trust::canonical(document);
    std::vector<std::string> ids;
    for (const Json* root : {static_cast<const Json*>(&before), &document}) {
        UPDATE_TRY(keepers, keepers_of(*root->find("roles")->find("root"), "root"), "sign root");
        ids.insert(ids.end(), keepers.keyids.begin(), keepers.keyids.end());
    }
    Json::Array signatures;
    std::set<std::string> done_by;
    if (const Json* earlier = earlier_file.find("signatures");
        earlier != nullptr && earlier->array() != nullptr)
        for (const Json& signature : *earlier->array()) {
            signatures.push_back(signature);
            if (const Json* id = signature.find("keyid"); id != nullptr && id->text() != nullptr)
                done_by.insert(*id->text());
        }
    for (const auto& id : ids) {
        if (!done_by.insert(id).second) continue;
        auto signature = keyring_.sign(settings_, id, payload);
        if (!signature && signature.error().code() == ErrorCode::not_found) continue;  // somebody else's
        if (!signature) return std::move(signature).error().in("sign root");
        Json entry;
        entry.set("keyid", Json{id});
        entry.set("sig", Json{to_hex(*signature)});
        signatures.push_back(std::move(entry));
    }
    Json file;
    file.set("signed", document);
    file.set("signatures", Json{std::move(signatures)});
    return trust::indented(file) + "\n";
}

Result<RootState> Publisher::rotate(trust::TopRole role) {
    UPDATE_TRY(staged, staged_root(), "rotate");
    UPDATE_TRY(current, root_document(), "rotate");
    const Json* waiting = staged.find("signed");
    Json root = waiting != nullptr ? *waiting : current;
    UPDATE_TRY(id, new_key(KeyScheme::ed25519, *root.find("keys")), "rotate");
    Json& entry = *root.find("roles")->find(trust::name(role));
    UPDATE_TRY(keepers, keepers_of(entry, std::string{trust::name(role)}), "rotate");
    Json::Array ids{Json{id}};
    for (std::size_t i = 1; i < keepers.keyids.size(); ++i) ids.emplace_back(keepers.keyids[i]);
    entry.set("keyids", Json{std::move(ids)});
    drop_unused_keys(root);
    root.set("version", Json{*current.find("version")->integer() + 1});
    root.set("expires",
             Json{trust::date_text(ports_.clock.wall() + std::chrono::hours{24 * settings_.lifetimes.root})});
    UPDATE_TRY(bytes, signed_root(root, Json{}), "rotate");
    UPDATE_CHECK(write_durably(ports_.files, folder_ / staged_name, bytes), "rotate");
    // Readers with either root must accept what is published: sign it by the old and the new keys before the
    // root appears.
    if (role != trust::TopRole::root) {
        UPDATE_TRY(edition, edition(), "rotate");
        UPDATE_CHECK(edition.touch(std::string{trust::name(role)}), "rotate");
        UPDATE_CHECK(edition.commit(), "rotate");
    }
    return finish_root();
}

Result<RootState> Publisher::sign_root() {
    UPDATE_TRY(staged, staged_root(), "sign");
    const Json* document = staged.find("signed");
    if (document == nullptr) return Error{ErrorCode::not_found, "no root waits for signatures"};
    UPDATE_TRY(bytes, signed_root(*document, staged), "sign");
    UPDATE_CHECK(write_durably(ports_.files, folder_ / staged_name, bytes), "sign");
    return finish_root();
}

Result<RootState> Publisher::root_state() {
    RootState state;
    UPDATE_TRY(version, tree_.root_version(), "root");
    state.published = version;
    auto text = read_text(ports_.files, folder_ / staged_name, metadata_bytes_max);
    if (!text && text.error().code() == ErrorCode::not_found) return state;
    if (!text) return std::move(text).error();
    UPDATE_TRY(staged, trust::parse_metadata<trust::Root>(*text, metadata_bytes_max), "staged root");
    UPDATE_TRY(bytes, tree_.read_bytes("root", version), "root");
    UPDATE_TRY(current, trust::parse_metadata<trust::Root>(bytes, metadata_bytes_max), "root");
    state.staged = staged.content.version;
    if (!has_enough(ports_.crypto, staged, current.content) ||
        !has_enough(ports_.crypto, staged, staged.content))
        state.missing = unsigned_keys(staged, current.content);
    return state;
}

Result<RootState> Publisher::finish_root() {
    UPDATE_TRY(state, root_state(), "publish root");
    if (state.staged == 0 || !state.missing.empty()) return state;
    UPDATE_TRY(text, read_text(ports_.files, folder_ / staged_name, metadata_bytes_max), "publish root");
    UPDATE_CHECK(tree_.write("root", state.staged, text), "publish root");
    UPDATE_CHECK(ports_.files.remove(folder_ / staged_name), "publish root");
    return RootState{state.staged, 0, {}};
}

}  // namespace update::repository
