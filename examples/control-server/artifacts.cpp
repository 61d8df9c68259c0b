#include "artifacts.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secrets.hpp"

namespace control {
namespace {

// One part of a path: letters, digits and ._+- as in `<product>-<os>-<arch>-<version>.exe`, not hidden.
bool is_artifact_name(const std::string& name) {
    const auto allowed = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '+' || c == '-';
    };
    return !name.empty() && name.size() <= 255 && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Result<OpenArtifact> Artifacts::open(const std::string& path) {
    const update::Error absent{update::ErrorCode::not_found, "no such file"};
    OpenArtifact artifact;
    artifact.name = path;
    Descriptor folder{::open(directory_.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
    std::size_t begin = 0;
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', begin)) {
        const std::string name = path.substr(begin, slash - begin);
        if (!is_artifact_name(name)) return absent;
        folder =
            Descriptor{::openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW)};
        if (folder.get() < 0) return absent;
        begin = slash + 1;
    }
    const std::string name = path.substr(begin);
    if (!is_artifact_name(name)) return absent;
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    artifact.file =
        Descriptor{::openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    struct stat info {};
    if (artifact.file.get() < 0 || ::fstat(artifact.file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return absent;
    artifact.size_bytes = static_cast<std::uint64_t>(info.st_size);
    artifact.inode = info.st_ino;
    artifact.modified_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(path);
    if (found != known_.end() && found->second.size_bytes == artifact.size_bytes &&
        found->second.inode == artifact.inode && found->second.modified_ns == artifact.modified_ns)
        artifact.etag = found->second.etag;
    return artifact;
}

Status Artifacts::hash(OpenArtifact& artifact) {
    UPDATE_TRY(digest, sha256_of_file(artifact.file.get(), artifact.size_bytes), artifact.name);
    artifact.etag = "\"" + digest + "\"";
    const std::lock_guard lock{mutex_};
    if (known_.size() >= 10'000) known_.clear();  // files come and go; the cache must not grow for ever
    known_[artifact.name] = {artifact.size_bytes, artifact.inode, artifact.modified_ns, artifact.etag};
    return update::done();
}

}  // namespace control
