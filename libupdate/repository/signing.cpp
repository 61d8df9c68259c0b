#include "repository/signing.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/hex.hpp"
#include "durable/durable.hpp"
#include "trust/fields.hpp"
#include "trust/metadata_parts.hpp"
#include "trust/verify.hpp"

namespace update::repository {
namespace {

bool is_by(const Json& signature, const std::string& id) {
    const Json* keyid = signature.find("keyid");
    return keyid != nullptr && keyid->text() != nullptr && *keyid->text() == id;
}

/// Somebody carried the file about: what is not a signature of this document counts nothing.
const Json* sound_signature(const Desk& desk, const Json& file, const trust::Keys& keys,
                            const std::string& id, std::string_view payload) {
    const Json* signatures = file.find("signatures");
    if (signatures == nullptr || signatures->array() == nullptr) return nullptr;
    const auto found = std::ranges::find_if(*signatures->array(),
                                            [&id](const Json& signature) { return is_by(signature, id); });
    if (found == signatures->array()->end()) return nullptr;
    const Json* hex = found->find("sig");
    const auto bytes = hex != nullptr && hex->text() != nullptr ? from_hex(*hex->text()) : std::nullopt;
    if (!bytes) return nullptr;
    const bool sound =
        bool{trust::check_signatures(desk.crypto, keys, {{id}, 1}, payload, {{id, *bytes}}, id)};
    return sound ? &*found : nullptr;
}

/// A command is somebody else's program: one wrong signature of it that is published stops every client.
Status check_command(const Desk& desk, const trust::Keys& keys, const std::string& id,
                     std::string_view payload, const std::string& signature) {
    const auto place = desk.settings.keys.find(id);
    if (place == desk.settings.keys.end() || place->second.command.empty()) return done();
    if (trust::check_signatures(desk.crypto, keys, {{id}, 1}, payload, {{id, signature}}, id)) return done();
    return Error{ErrorCode::refused,
                 fmt::format("what the signing command {} printed is no signature by the key {}; nothing is "
                             "published",
                             place->second.command.front(), id)};
}

bool is_satisfied(const Keepers& keepers, const Json::Array& signatures) {
    const auto count = std::ranges::count_if(keepers.role.keyids, [&signatures](const std::string& id) {
        return std::ranges::any_of(signatures, [&id](const Json& signature) { return is_by(signature, id); });
    });
    return count >= keepers.role.threshold;
}

}  // namespace

Result<Keepers> keepers_of(const Json& role, const Json* keys, const std::string& name) {
    trust::Fields in{role, name};
    Keepers keepers{{in.texts("keyids"), in.integer("threshold", 1)}, {}};
    UPDATE_CHECK(in.status(), "role");
    if (keys != nullptr && keys->object() != nullptr)
        for (const trust::Member& key : *keys->object())
            UPDATE_CHECK(trust::read_key(key, "keys", keepers.keys), "role");
    return keepers;
}

Result<Keepers> keepers_in_root(const Json& root, const std::string& role) {
    const Json* roles = root.find("roles");
    const Json* entry = roles != nullptr ? roles->find(role) : nullptr;
    if (entry == nullptr) return Error{ErrorCode::corrupt, "the root has no role " + role};
    return keepers_of(*entry, root.find("keys"), role);
}

Result<SignedFile> sign_file(const Desk& desk, const Json& document, const std::vector<Keepers>& keepers,
                             const Json& earlier, const std::string& name) {
    const auto payload = trust::canonical(document);
    Json::Array signatures;
    SignedFile done;
    std::vector<std::string> asked;
    for (const Keepers& some : keepers)
        for (const auto& id : some.role.keyids) {
            if (std::ranges::find(asked, id) != asked.end()) continue;
            asked.push_back(id);
            if (const Json* known = sound_signature(desk, earlier, some.keys, id, payload)) {
                signatures.push_back(*known);
                continue;
            }
            auto signature = desk.keyring.sign(desk.settings, id, payload);
            if (!signature && signature.error().code() == ErrorCode::not_found) {
                done.missing.push_back(id);  // somebody else's
                continue;
            }
            if (!signature) return std::move(signature).error().in("sign " + name);
            UPDATE_CHECK(check_command(desk, some.keys, id, payload, *signature), "sign " + name);
            Json entry;
            entry.set("keyid", Json{id});
            entry.set("sig", Json{to_hex(*signature)});
            signatures.push_back(std::move(entry));
        }
    const bool enough = std::ranges::all_of(
        keepers, [&signatures](const Keepers& some) { return is_satisfied(some, signatures); });
    if (enough) done.missing.clear();
    Json file;
    file.set("signed", document);
    file.set("signatures", Json{std::move(signatures)});
    done.bytes = trust::indented(file) + "\n";
    return done;
}

std::vector<std::string> missing_signatures(const Desk& desk, const Json& file, const Keepers& keepers) {
    const Json* document = file.find("signed");
    const auto payload = document != nullptr ? trust::canonical(*document) : std::string{};
    std::vector<std::string> missing;
    for (const auto& id : keepers.role.keyids)
        if (sound_signature(desk, file, keepers.keys, id, payload) == nullptr) missing.push_back(id);
    const auto signers = keepers.role.keyids.size() - missing.size();
    if (std::cmp_greater_equal(signers, keepers.role.threshold)) missing.clear();
    return missing;
}

Result<StagedFiles> read_staged(Files& files, const Path& path) {
    auto text = read_text(files, path, metadata_bytes_max);
    if (!text && text.error().code() == ErrorCode::not_found) return StagedFiles{};
    if (!text) return std::move(text).error();
    UPDATE_TRY(json, trust::parse_json(*text, metadata_bytes_max), path.string());
    if (json.object() == nullptr) return Error{ErrorCode::corrupt, path.string() + " is no object"};
    StagedFiles staged;
    for (const auto& [role, file] : *json.object()) staged.emplace(role, trust::indented(file) + "\n");
    return staged;
}

Status write_staged(Files& files, const Path& path, const StagedFiles& staged) {
    if (staged.empty()) return files.remove(path);
    Json::Object members;
    for (const auto& [role, bytes] : staged) {
        UPDATE_TRY(file, trust::parse_json(bytes, metadata_bytes_max), role);
        members.push_back({role, file});
    }
    return write_durably(files, path, trust::indented(Json{std::move(members)}) + "\n");
}

}  // namespace update::repository
