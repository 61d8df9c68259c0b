// The files that agents download: a repository of signed releases. The server only hands them out; what they
// are worth is what their signatures say.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "system.hpp"

namespace control {

using update::Result;
using update::Status;

struct OpenArtifact {
    std::string name;
    OpenFile file;
    std::string etag;  ///< strong, quoted; "" until `hash` has made it
};

/// Thread-safe.
class Artifacts {
 public:
    explicit Artifacts(std::string directory) : directory_{std::move(directory)} {}

    /// Opens a regular file below the directory, by a path of plain names; never follows a link. Quick:
    /// `etag` is filled when the same file (inode, size, time) was hashed before.
    /// @return `not_found` for everything that is not such a file
    Result<OpenArtifact> open(const std::string& path);
    /// Reads the whole file to make its ETag and remembers it. Slow for large files.
    Status hash(OpenArtifact&);

 private:
    struct Known {
        OpenFile::Info info;
        std::string etag;
    };
    const std::string directory_;
    std::mutex mutex_;
    std::map<std::string, Known> known_;
};

}  // namespace control
