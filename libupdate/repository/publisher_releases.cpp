// Releases on channels.
#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "policy/version.hpp"
#include "repository/publisher.hpp"
#include "repository/target_names.hpp"

namespace update::repository {
namespace {

std::string sha256_of(Cryptography& crypto, std::string_view text) {
    const auto digest = crypto.digest(DigestKind::sha256);
    digest->update(std::as_bytes(std::span{text}));
    return digest->finish();
}

Json target_entry(const std::string& hash, std::uint64_t length) {
    Json hashes, entry;
    hashes.set("sha256", Json{hash});
    entry.set("hashes", std::move(hashes));
    entry.set("length", Json{static_cast<std::int64_t>(length)});
    return entry;
}

auto find_version(ReleaseList& list, const std::string& version) {
    return std::ranges::find(list.releases, version, &Release::version);
}

/// @param release  of a draft, with its version
void settle(Release& release, const PublishWish& wish, ReleaseList& list) {
    if (const auto before = find_version(list, release.version); before != list.releases.end()) {
        release.epoch = before->epoch;
        release.minimum_from = before->minimum_from;
        release.rollout = before->rollout;
    } else {
        for (const Release& other : list.releases) release.epoch = std::max(release.epoch, other.epoch);
    }
    release.epoch = wish.epoch.value_or(release.epoch);
    release.minimum_from = wish.minimum_from.value_or(release.minimum_from);
    release.rollout = wish.rollout.value_or(release.rollout);
}

}  // namespace

Result<ReleaseList> Publisher::read_list(Edition& edition, const std::string& product,
                                         const std::string& channel) {
    UPDATE_TRY(role, channel_role(edition, product, channel), "release list");
    if (role.empty()) return ReleaseList{product, channel, {}, {}};
    UPDATE_TRY(document, edition.look(role), "release list");
    const auto target = release_list_target(product, channel);
    const Json* targets = document->find("targets");
    const Json* entry = targets != nullptr ? targets->find(target) : nullptr;
    if (entry == nullptr) return ReleaseList{product, channel, {}, {}};
    const Json* hash = entry->find("hashes")->find("sha256");
    if (hash == nullptr || hash->text() == nullptr)
        return Error{ErrorCode::corrupt, target + " has no sha256"};
    UPDATE_TRY(text,
               read_text(ports_.files, tree_.target_file(target, *hash->text()), max_release_list_bytes),
               target);
    return parse_release_list(text);
}

Status Publisher::write_list(Edition& edition, const ReleaseList& list) {
    const auto text = to_json(list);
    UPDATE_TRY(again, parse_release_list(text), "release list");
    (void)again;
    const auto hash = sha256_of(ports_.crypto, text);
    const auto target = release_list_target(list.product, list.channel);
    UPDATE_CHECK(tree_.put_target_bytes(text, target, hash), "release list");
    UPDATE_TRY(role, ensure_channel(edition, list.product, list.channel), "release list");
    UPDATE_TRY(document, edition.edit(role), "release list");
    Json kept{Json::Object{}};  // what no release names any more is no target any more
    for (const Release& release : list.releases)
        for (const ReleaseArtifact& artifact : release.artifacts) {
            auto entry = target_entry(to_hex(artifact.sha256), artifact.size_bytes);
            if (const Json* other = kept.find(artifact.target); other != nullptr && *other != entry)
                return Error{ErrorCode::refused, "two different files would be called " + artifact.target};
            kept.set(artifact.target, std::move(entry));
        }
    kept.set(target, target_entry(hash, text.size()));
    *document->find("targets") = std::move(kept);
    return done();
}

/// From the blobs of the draft, or from the channel that already has them.
Status Publisher::put_artifacts(const ReleaseList& list, Release& release) {
    for (std::size_t i = 0; i < release.artifacts.size(); ++i) {
        auto& artifact = release.artifacts[i];
        const auto hash = to_hex(artifact.sha256);
        const auto before = artifact.target;
        artifact.target = target_name(list, release, i, file_of_target(release, artifact));
        const Path blob = blob_file(hash);
        UPDATE_TRY(drafted, exists(ports_.files, blob), "artifact");
        UPDATE_CHECK(
            tree_.put_target(drafted ? blob : tree_.target_file(before, hash), artifact.target, hash),
            "artifact");
    }
    return done();
}

Result<Waits> Publisher::publish(const PublishWish& wish) {
    UPDATE_TRY(name, release_name(wish.product, wish.version, wish.channel), "publish");
    if (wish.restart != RestartKind::agent)
        return Error{
            ErrorCode::refused,
            fmt::format("no endpoint installs a release that restarts {}: every route restarts the agent",
                        update::name(wish.restart))};
    UPDATE_TRY(edition, edition(), "publish");
    UPDATE_TRY(list, read_list(edition, name.product, name.channel), "publish");
    UPDATE_TRY(release, drafted(name, list), "publish");
    release.restart = wish.restart;
    settle(release, wish, list);
    UPDATE_CHECK(put_artifacts(list, release), "publish");
    if (const auto found = find_version(list, name.version); found != list.releases.end()) {
        if (found->artifacts != release.artifacts)
            return Error{ErrorCode::refused,
                         fmt::format("{} {} is on {} already, with other files: a version never changes",
                                     name.product, name.version, name.channel)};
        *found = release;
    } else {
        list.releases.push_back(release);
    }
    UPDATE_CHECK(write_list(edition, list), "publish");
    return commit(edition);
}

Result<Waits> Publisher::promote(const std::string& product, const std::string& version,
                                 const std::string& from, const std::string& to) {
    UPDATE_TRY(name, release_name(product, version, to), "promote");
    UPDATE_TRY(edition, edition(), "promote");
    UPDATE_TRY(source, read_list(edition, name.product, from), "promote");
    const auto found = find_version(source, name.version);
    if (found == source.releases.end())
        return Error{ErrorCode::not_found,
                     fmt::format("{} {} is not on {}", name.product, name.version, from)};
    UPDATE_TRY(list, read_list(edition, name.product, to), "promote");
    if (const auto there = find_version(list, name.version); there != list.releases.end()) {
        if (is_same_content(*there, *found)) return Waits{};
        return Error{ErrorCode::refused,
                     fmt::format("{} {} is on {} already, with other files: a version never changes",
                                 name.product, name.version, to)};
    }
    Release release = *found;
    release.rollout = {};
    UPDATE_CHECK(put_artifacts(list, release), "promote");
    list.releases.push_back(std::move(release));
    UPDATE_CHECK(write_list(edition, list), "promote");
    return commit(edition);
}

Result<Waits> Publisher::yank(const std::string& product, const std::string& version,
                              const std::string& channel) {
    UPDATE_TRY(name, release_name(product, version, channel), "yank");
    UPDATE_TRY(edition, edition(), "yank");
    UPDATE_TRY(list, read_list(edition, name.product, name.channel), "yank");
    const auto found = find_version(list, name.version);
    if (found == list.releases.end())
        return Error{ErrorCode::not_found,
                     fmt::format("{} {} is not on {}", name.product, name.version, name.channel)};
    list.releases.erase(found);
    UPDATE_CHECK(write_list(edition, list), "yank");
    return commit(edition);
}

Result<Waits> Publisher::permit(const std::string& product, const std::string& channel,
                                const Permit& permit) {
    UPDATE_TRY(name, release_name(product, permit.version, channel), "permit");
    UPDATE_TRY(edition, edition(), "permit");
    UPDATE_TRY(list, read_list(edition, name.product, name.channel), "permit");
    std::erase_if(list.permits, [&permit](const Permit& other) { return other.id == permit.id; });
    list.permits.push_back(permit);
    UPDATE_CHECK(write_list(edition, list), "permit");
    return commit(edition);
}

Result<ReleaseList> Publisher::list(const std::string& product, const std::string& channel) {
    UPDATE_TRY(edition, edition(), "list");
    return read_list(edition, product, channel);
}

}  // namespace update::repository
