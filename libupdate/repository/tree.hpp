// The published tree on disk: `metadata/` with versioned names and timestamp.json, `targets/` with hash
// prefixes. Any web server may serve it while it is written: what a reader can find is always complete.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ports/files.hpp"
#include "ports/public_folders.hpp"
#include "trust/json.hpp"
#include "trust/metadata.hpp"

namespace update::repository {

using trust::Json;
using trust::Version;

/// The largest file of a repository that is read here.
inline constexpr std::size_t metadata_bytes_max = 64'000'000;

class Tree {
 public:
    Tree(Files& files, PublicFolders& folders, Path folder)
        : files_{files}, folders_{folders}, folder_{std::move(folder)} {}

    Path metadata() const { return folder_ / "metadata"; }
    Path targets() const { return folder_ / "targets"; }
    Path file_of(std::string_view role, std::optional<Version> version) const;
    /// "targets/a/b/HASH.name" for the target "a/b/name".
    Path target_file(std::string_view target, std::string_view hash) const;

    /// The newest root; 0 when there is none.
    Result<Version> root_version();
    /// A whole file, signatures included. @return `not_found`, `corrupt`
    Result<Json> read(std::string_view role, std::optional<Version> version);
    Result<std::string> read_bytes(std::string_view role, std::optional<Version> version);
    Status write(std::string_view role, std::optional<Version> version, std::string_view bytes);

    /// Creates the folders of the tree and those above a target.
    Status prepare();
    Status prepare_folder_of(const Path& target_file);
    /// Puts a copy of the file there, under its name with the prefix.
    Status put_target(const Path& from, std::string_view target, std::string_view hash);
    Status put_target_bytes(std::string_view bytes, std::string_view target, std::string_view hash);

 private:
    Status write_readable(const Path&, std::string_view bytes);
    Status copy_readable(const Path& from, const Path& to);

    Files& files_;
    PublicFolders& folders_;
    Path folder_;
};

}  // namespace update::repository
