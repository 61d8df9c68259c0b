// Removes what has been noticed to be garbage for long enough.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "repository/publisher.hpp"

namespace update::repository {

/// When something was noticed first: Unix seconds, by a note that changes when it has to begin anew. The note
/// of a file of the tree is its path below public/.
using Since = std::map<std::string, std::int64_t>;

class Sweep {
 public:
    Sweep(Files&, WallTime now, Since before);
    /// Removes it when its note is as old as that. @return done in either case
    Status take(const Path&, const std::string& note, std::chrono::hours age);
    bool has_taken(const Path& path) const { return taken_.contains(path); }

    const Since& since() const { return since_; }  ///< of what stays
    const Publisher::Garbage& garbage() const { return garbage_; }

 private:
    Files& files_;
    std::int64_t now_;
    Since before_, since_;
    std::set<Path> taken_;
    Publisher::Garbage garbage_;
};

}  // namespace update::repository
