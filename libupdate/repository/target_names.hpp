// What the publisher calls his targets. A target's name says one content: two files of one name never share
// it.
#pragma once
#include <string>

#include "policy/release.hpp"

namespace update::repository {

struct ReleaseName {
    std::string product, version, channel;
};
/// The version in its one spelling. @return `refused` for what cannot become a role and folders
Result<ReleaseName> release_name(const std::string& product, const std::string& version,
                                 const std::string& channel);

/// Whatever their targets are called, as that differs from channel to channel.
bool is_same_content(Release, Release);

/// "agent/beta/linux-x86_64-1.0.0-agent"; with a part of the digest in it where another file of the list, or
/// one before `index` in `release`, has that name already. The order of a release's artifacts decides.
/// @param list  of the channel on which the release is to be; an entry for the same version does not count
/// @param file  the artifact's own name, see `file_of_target`
std::string target_name(const ReleaseList& list, const Release& release, std::size_t index,
                        const std::string& file);

/// The name that the artifact's file had: what `target_name` put before it is cut off.
std::string file_of_target(const Release& release, const ReleaseArtifact& artifact);

}  // namespace update::repository
