#include "releases/signed_releases.hpp"

#include <fmt/format.h>
#include <utility>

#include "trust/search.hpp"
#include "trust/trouble.hpp"
#include "trust/verify.hpp"

namespace update {

using trust::Trouble, trust::trouble;

SignedReleases::SignedReleases(Cryptography& crypto, trust::Time time)
    : crypto_{&crypto}, set_{std::make_unique<trust::TrustedSet>(crypto, trust::Limits{}, time)} {}

Result<const trust::Targets*> SignedReleases::load(const trust::Targets* delegator, const std::string& role,
                                                   const RoleBytes& bytes_of) const {
    if (const auto* known = set_->find(delegator, role)) return known;
    const auto bytes = bytes_of(role);
    if (!bytes) return trouble(Trouble::local, fmt::format("{} is not kept here", role));
    UPDATE_CHECK(set_->targets(delegator, role, *bytes), role);
    return set_->find(delegator, role);
}

Result<SignedReleases> SignedReleases::read(Cryptography& crypto, trust::Time time, const SignedFiles& files,
                                            std::string_view product, std::string_view channel) {
    SignedReleases releases{crypto, time};
    auto& set = *releases.set_;
    UPDATE_CHECK(set.start(files.shipped_root), "shipped root");
    for (const std::string& root : files.newer_roots) UPDATE_CHECK(set.next_root(root), "kept root");
    UPDATE_CHECK(set.finish_roots({}), "kept root");
    const auto timestamp = files.role("timestamp"), snapshot = files.role("snapshot");
    if (!timestamp || !snapshot) return trouble(Trouble::local, "timestamp or snapshot is not kept here");
    UPDATE_TRY(news, set.timestamp(*timestamp), "kept timestamp");
    (void)news;
    UPDATE_CHECK(set.snapshot(*snapshot), "kept snapshot");
    const auto name = release_list_target(product, channel);
    const auto load = [&](const trust::Targets* delegator, const std::string& role) {
        return releases.load(delegator, role, files.role);
    };
    UPDATE_TRY(target, trust::find_target(crypto, name, set.limits().delegations, load), "release list");
    UPDATE_CHECK(trust::check_content(crypto, files.list, target.length, target.hashes, name),
                 "release list");
    auto list = parse_release_list(files.list);
    if (!list) return trouble(Trouble::tampered, list.error().message());
    if (list->product != product || list->channel != channel)
        return trouble(Trouble::tampered,
                       fmt::format("{} is the list of {} on {}", name, list->product, list->channel));
    releases.list_ = std::move(*list);
    return releases;
}

Status SignedReleases::check(const Release& release, const RoleBytes& bytes_of) const {
    const auto load_known = [&](const trust::Targets* delegator, const std::string& role) {
        return load(delegator, role, bytes_of);
    };
    for (const ReleaseArtifact& artifact : release.artifacts) {
        UPDATE_TRY(target,
                   trust::find_target(*crypto_, artifact.target, set_->limits().delegations, load_known),
                   artifact.target);
        const auto sha256 = target.hashes.find("sha256");
        if (sha256 == target.hashes.end() || sha256->second != to_hex(artifact.sha256) ||
            std::cmp_not_equal(target.length, artifact.size_bytes))
            return trouble(Trouble::tampered,
                           artifact.target + ": release list and signed targets say different things");
    }
    return done();
}

}  // namespace update
