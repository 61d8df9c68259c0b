#include "artifacts.hpp"

#include <algorithm>
#include <vector>

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

Result<OpenArtifact> Artifacts::open(const std::string& path) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin != std::string::npos;) {
        const auto slash = path.find('/', begin);
        names.push_back(path.substr(begin, slash - begin));
        if (!is_artifact_name(names.back()))
            return update::Error{update::ErrorCode::not_found, "no such file"};
        begin = slash == std::string::npos ? slash : slash + 1;
    }
    UPDATE_TRY(file, OpenFile::open(directory_, names), path);
    OpenArtifact artifact{path, std::move(file), {}};
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(path);
    const OpenFile::Info& now = artifact.file.info();
    if (found != known_.end() && found->second.info.size_bytes == now.size_bytes &&
        found->second.info.inode == now.inode && found->second.info.modified_ns == now.modified_ns)
        artifact.etag = found->second.etag;
    return artifact;
}

Status Artifacts::hash(OpenArtifact& artifact) {
    UPDATE_TRY(digest, sha256_of_file(artifact.file), artifact.name);
    artifact.etag = "\"" + digest + "\"";
    const std::lock_guard lock{mutex_};
    if (known_.size() >= 10'000) known_.clear();  // files come and go; the cache must not grow for ever
    known_[artifact.name] = {artifact.file.info(), artifact.etag};
    return update::done();
}

}  // namespace control
