// What the publisher's commands share: his folder is opened, and how it went comes in words.
#pragma once
#include <functional>
#include <string>

#include "compose/publishing.hpp"
#include "output.hpp"
#include "repo.hpp"

namespace update::ctl {

/// Does the work in the publisher's folder, and prints how it went. With --dry-run it is rehearsed: nothing
/// is changed, and the files that would be are named before the last line.
int change_publisher(const Options&, const RepoOptions&,
                     const std::function<Result<Said>(repository::Publisher&, PublishingTools&)>& work);
/// `work` changes nothing, and prints for itself.
int look_at_publisher(const Options&, const RepoOptions&,
                      const std::function<int(repository::Publisher&, PublishingTools&)>& work);

Result<Said> said_of(const Status&, const std::string& success);
/// Published, or who must still sign.
Result<Said> said_of(const Result<repository::Waits>&, const std::string& success);
Result<Said> said_of(const Result<repository::RootState>&);

}  // namespace update::ctl
