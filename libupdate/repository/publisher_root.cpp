// Changes of the root: staged until enough keys have signed.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/hex.hpp"
#include "durable/durable.hpp"
#include "repository/publisher.hpp"
#include "trust/verify.hpp"

namespace update::repository {
namespace {

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

/// The document with the signatures that it has, and those of all keys that are here.
Status Publisher::stage_root(const Json& document, const Json& earlier_file) {
    UPDATE_TRY(before, root_document(), "sign root");
    UPDATE_TRY(old_keepers, keepers_in_root(before, "root"), "sign root");
    UPDATE_TRY(new_keepers, keepers_in_root(document, "root"), "sign root");
    UPDATE_TRY(file, sign_file(desk(), document, {old_keepers, new_keepers}, earlier_file, "root"),
               "sign root");
    return write_durably(ports_.files, folder_ / staged_root_name, file.bytes);
}

Result<Waits> Publisher::sign() {
    UPDATE_TRY(edition, edition(), "sign");
    UPDATE_TRY(waiting_root, staged_root(), "sign");
    const Json* document = waiting_root.find("signed");
    if (edition.staged().empty() && document == nullptr)
        return Error{ErrorCode::not_found, "nothing waits for signatures"};
    Waits waits;
    if (!edition.staged().empty()) {
        UPDATE_TRY(still, commit(edition), "sign");
        waits = std::move(still);
    }
    if (document == nullptr) return waits;
    UPDATE_CHECK(stage_root(*document, waiting_root), "sign");
    UPDATE_TRY(state, finish_root(), "sign");
    if (state.staged != 0) waits.push_back({"root", std::move(state.missing)});
    return waits;
}

/// A root is published only when what is published already is signed as it wants.
Status Publisher::add_roles_that_wait(const Json& root, std::vector<std::string>& missing) {
    UPDATE_TRY(edition, published_edition(), "root");
    const Json& snapshot = edition.snapshot();
    const Json* targets = snapshot.find("meta")->find("targets.json");
    if (targets == nullptr) return Error{ErrorCode::corrupt, "the published snapshot lists no targets"};
    const std::map<std::string, std::optional<Version>> published{
        {"timestamp", std::nullopt},
        {"snapshot", *snapshot.find("version")->integer()},
        {"targets", *targets->find("version")->integer()}};
    for (const auto& [role, version] : published) {
        UPDATE_TRY(file, tree_.read(role, version), "root");
        UPDATE_TRY(keepers, keepers_in_root(root, role), "root");
        const auto more = missing_signatures(desk(), file, keepers);
        missing.insert(missing.end(), more.begin(), more.end());
    }
    return done();
}

Result<RootState> Publisher::root_state() {
    RootState state;
    UPDATE_TRY(version, tree_.root_version(), "root");
    state.published = version;
    UPDATE_TRY(waiting, staged_root(), "root");
    if (waiting.is_null()) return state;
    UPDATE_TRY(staged, trust::parse_metadata<trust::Root>(trust::indented(waiting), metadata_bytes_max),
               "staged root");
    UPDATE_TRY(bytes, tree_.read_bytes("root", version), "root");
    UPDATE_TRY(current, trust::parse_metadata<trust::Root>(bytes, metadata_bytes_max), "root");
    state.staged = staged.content.version;
    if (!has_enough(ports_.crypto, staged, current.content) ||
        !has_enough(ports_.crypto, staged, staged.content))
        state.missing = unsigned_keys(staged, current.content);
    if (state.missing.empty())
        UPDATE_CHECK(add_roles_that_wait(*waiting.find("signed"), state.missing), "staged root");
    return state;
}

Result<RootState> Publisher::finish_root() {
    UPDATE_TRY(state, root_state(), "publish root");
    if (state.staged == 0 || !state.missing.empty()) return state;
    UPDATE_TRY(text, read_text(ports_.files, folder_ / staged_root_name, metadata_bytes_max), "publish root");
    UPDATE_CHECK(tree_.write("root", state.staged, text), "publish root");
    UPDATE_CHECK(ports_.files.remove(folder_ / staged_root_name), "publish root");
    return RootState{state.staged, 0, {}};
}

}  // namespace update::repository
