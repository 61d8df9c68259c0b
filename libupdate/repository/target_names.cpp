#include "repository/target_names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "base/grammar.hpp"
#include "policy/version.hpp"

namespace update::repository {
namespace {

// Of the digest: enough that no two files meet by chance.
constexpr std::size_t digest_characters = 16;

std::string beginning(const Release& release, const ReleaseArtifact& artifact) {
    const auto os = artifact.os.empty() ? std::string{} : artifact.os + "-";
    return fmt::format("{}{}-{}-", os, artifact.arch.empty() ? "any" : artifact.arch, release.version);
}

bool is_other_file(std::span<const ReleaseArtifact> artifacts, const ReleaseArtifact& artifact,
                   const std::string& name) {
    return std::ranges::any_of(artifacts, [&](const ReleaseArtifact& other) {
        return other.target == name && other.sha256 != artifact.sha256;
    });
}

}  // namespace

Result<ReleaseName> release_name(const std::string& product, const std::string& version,
                                 const std::string& channel) {
    if (!is_plain_name(product)) return Error{ErrorCode::refused, "not a product's name: " + product};
    if (!is_plain_name(channel)) return Error{ErrorCode::refused, "not a channel's name: " + channel};
    const auto parsed = parse_semver(version);
    if (!parsed) return Error{ErrorCode::refused, "not a version like 1.2.3: " + version};
    return ReleaseName{product, to_string(*parsed), channel};
}

bool is_same_content(Release one, Release other) {
    for (auto* release : {&one, &other})
        for (ReleaseArtifact& artifact : release->artifacts) artifact.target.clear();
    return one.artifacts == other.artifacts;
}

std::string target_name(const ReleaseList& list, const Release& release, std::size_t index,
                        const std::string& file) {
    const auto& artifact = release.artifacts.at(index);
    const auto start = fmt::format("{}/{}/{}", list.product, list.channel, beginning(release, artifact));
    // A target's name is a URL path, in which a server would decode "%41".
    auto plain = file;
    std::ranges::replace(plain, '%', '_');
    auto name = start + plain;
    bool taken = is_other_file(std::span{release.artifacts}.first(index), artifact, name);
    for (const Release& other : list.releases)
        if (other.version != release.version) taken = taken || is_other_file(other.artifacts, artifact, name);
    if (!taken) return name;
    return fmt::format("{}{}-{}", start, to_hex(artifact.sha256).substr(0, digest_characters), plain);
}

std::string file_of_target(const Release& release, const ReleaseArtifact& artifact) {
    const auto name = artifact.target.substr(artifact.target.rfind('/') + 1);
    const auto start = beginning(release, artifact);
    const bool published = name.size() != artifact.target.size() && name.starts_with(start);
    return published ? name.substr(start.size()) : name;
}

}  // namespace update::repository
