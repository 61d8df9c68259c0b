#include "repository/bundle.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "policy/version.hpp"
#include "repository/tree.hpp"
#include "transfer/source_url.hpp"

namespace update::repository {
namespace {

trust::Address address_of(const Path& tree) {
    return {file_url(tree / "metadata"), file_url(tree / "targets")};
}

/// A client of the tree on disk, with a store that is thrown away.
Result<std::unique_ptr<trust::Client>> reader(trust::ClientPorts ports, const Path& tree,
                                              const Path& scratch) {
    UPDATE_CHECK(remove_tree(ports.files, scratch), "scratch folder");
    UPDATE_CHECK(ports.files.make_private_directory(scratch), "scratch folder");
    auto client = std::make_unique<trust::Client>(ports, scratch, address_of(tree), trust::ClientOptions{});
    UPDATE_TRY(root, read_text(ports.files, tree / "metadata" / "1.root.json", metadata_bytes_max),
               "first root");
    UPDATE_CHECK(client->establish(root), "first root");
    UPDATE_CHECK(client->refresh(), "published tree");
    return client;
}

Result<std::string> content_of(trust::Client& client, Files& files, const std::string& target,
                               const Path& into) {
    UPDATE_TRY(file, client.find(target), target);
    UPDATE_TRY(path, client.download(target, file, into), target);
    return read_text(files, path, max_release_list_bytes);
}

Status copy_target(trust::Client& client, Files& files, Tree& to, const std::string& target,
                   const Path& scratch) {
    UPDATE_TRY(file, client.find(target), target);
    UPDATE_TRY(path, client.download(target, file, scratch), target);
    const auto hash = file.hashes.find("sha256");
    if (hash == file.hashes.end()) return Error{ErrorCode::unsupported, target + " has no sha256"};
    UPDATE_CHECK(to.put_target(path, target, hash->second), target);
    return files.remove(path);
}

/// Of the delegated roles those that the targets in the bundle made the client read.
std::vector<std::string> roles_read(const trust::TrustedSet& trusted) {
    std::vector<std::string> names{"targets"};
    const auto* top = trusted.find(nullptr, "targets");
    if (top != nullptr && top->delegations)
        for (const auto& role : top->delegations->roles)
            if (trusted.find(top, role.name) != nullptr) names.push_back(role.name);
    return names;
}

/// What this client verified, byte for byte: in the published folder there may be newer files by now.
Status copy_metadata(trust::Client& client, Tree& to) {
    const auto copy = [&to](const std::string& name, std::optional<Version> version,
                            const std::optional<std::string>& bytes) -> Status {
        if (!bytes) return Error{ErrorCode::corrupt, name + " is gone from the scratch folder"};
        return to.write(name, version, *bytes);
    };
    const auto& trusted = *client.trusted();
    auto& store = client.store();
    for (Version root = 1; root <= trusted.root().version; ++root)
        UPDATE_CHECK(copy("root", root, store.kept_root(root, metadata_bytes_max)), "bundle");
    const auto& snapshot = *trusted.snapshot();
    for (const auto& name : roles_read(trusted))
        if (const auto listed = snapshot.meta.find(name); listed != snapshot.meta.end())
            UPDATE_CHECK(copy(name, listed->second.version, store.read(name, metadata_bytes_max)), "bundle");
    UPDATE_CHECK(copy("snapshot", snapshot.version, store.read("snapshot", metadata_bytes_max)), "bundle");
    return copy("timestamp", std::nullopt, store.read("timestamp", metadata_bytes_max));
}

const Release* release_of(const ReleaseList& list, const std::string& version) {
    const Release* found = nullptr;
    for (const Release& release : list.releases) {
        if (!version.empty() && normalised(version) != release.version) continue;
        const auto order =
            found != nullptr ? compare(found->version, release.version) : std::weak_ordering::less;
        if (order == std::weak_ordering::less) found = &release;
    }
    return found;
}

}  // namespace

Result<unsigned> export_bundle(trust::ClientPorts ports, PublicFolders& folders, const Path& tree,
                               const std::string& product, const std::string& channel, const Path& to,
                               const Path& scratch) {
    UPDATE_TRY(client, reader(ports, tree, scratch), "bundle");
    Tree bundle{ports.files, folders, to};
    UPDATE_CHECK(bundle.prepare(), "bundle");
    const auto list_target = release_list_target(product, channel);
    UPDATE_TRY(text, content_of(*client, ports.files, list_target, scratch), "bundle");
    UPDATE_TRY(list, parse_release_list(text), list_target);
    unsigned count = 1;
    UPDATE_CHECK(copy_target(*client, ports.files, bundle, list_target, scratch), "bundle");
    for (const Release& release : list.releases)
        for (const ReleaseArtifact& artifact : release.artifacts) {
            UPDATE_CHECK(copy_target(*client, ports.files, bundle, artifact.target, scratch), "bundle");
            ++count;
        }
    UPDATE_CHECK(copy_metadata(*client, bundle), "bundle");
    UPDATE_CHECK(remove_tree(ports.files, scratch), "scratch folder");
    return count;
}

Result<Applied> apply_bundle(trust::ClientPorts ports, const Path& bundle, const Path& store,
                             const std::string& product, const std::string& channel,
                             const std::string& version, const Path& into,
                             const trust::ClientOptions& options) {
    trust::Client client{ports, store, address_of(bundle), options};
    UPDATE_CHECK(client.refresh(), "bundle");
    UPDATE_TRY(text, content_of(client, ports.files, release_list_target(product, channel), into), "bundle");
    UPDATE_TRY(list, parse_release_list(text), "bundle");
    const Release* release = release_of(list, version);
    if (release == nullptr)
        return Error{ErrorCode::not_found,
                     fmt::format("the bundle has no {} {} on {}", product, version, channel)};
    Applied applied{{list.product, list.channel, {*release}, list.permits}, {}};
    for (const ReleaseArtifact& artifact : release->artifacts) {
        UPDATE_TRY(file, client.find(artifact.target), artifact.target);
        const auto hash = file.hashes.find("sha256");
        if (hash == file.hashes.end() || hash->second != to_hex(artifact.sha256))
            return Error{ErrorCode::corrupt, artifact.target + ": release list and targets disagree"};
        UPDATE_TRY(path, client.download(artifact.target, file, into), artifact.target);
        applied.files.push_back(path);
    }
    return applied;
}

Result<std::vector<std::string>> check_tree(trust::ClientPorts ports, const Path& tree, const Path& scratch) {
    std::vector<std::string> problems;
    auto client = reader(ports, tree, scratch);
    if (!client) return std::vector<std::string>{client.error().message()};
    std::vector<std::string> names;
    const trust::Targets* top = (*client)->trusted()->find(nullptr, "targets");
    for (const auto& [target, file] : top->targets) names.push_back(target);
    const auto roles = top->delegations ? top->delegations->roles : std::vector<trust::DelegatedRole>{};
    for (const auto& role : roles) {
        // Looking for a name that is not there loads the role, or says why it cannot be trusted.
        auto probe = role.paths.empty() ? std::string{} : role.paths.front();
        std::ranges::replace(probe, '*', '-');
        auto found = (*client)->find(probe);
        if (!found && found.error().code() != ErrorCode::not_found)
            problems.push_back(found.error().message());
        if (const auto* loaded = (*client)->trusted()->find(top, role.name))
            for (const auto& [target, file] : loaded->targets) names.push_back(target);
    }
    for (const auto& name : names) {
        auto file = (*client)->find(name);
        auto copy = file ? (*client)->download(name, *file, scratch) : Result<Path>{file.error()};
        if (!copy) problems.push_back(copy.error().message());
        if (copy) UPDATE_CHECK(ports.files.remove(*copy), "check");
    }
    UPDATE_CHECK(remove_tree(ports.files, scratch), "scratch folder");
    return problems;
}

}  // namespace update::repository
