// What this endpoint trusts, on disk: a folder with root.json, timestamp.json, snapshot.json, targets.json
// and one file per delegated role, byte for byte as served. Beside them `roots/` with every root that was
// ever trusted, and `floor`.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ports/cryptography.hpp"
#include "ports/files.hpp"
#include "trust/floor.hpp"
#include "trust/limits.hpp"

namespace update::trust {

/// Each write is whole or not there. Roots and the floor, which keep away what is older, survive a power cut;
/// the other roles and the ETag may be lost to one, and are fetched again. One process at a time.
class LocalStore {
 public:
    /// @param folder  absolute; it exists, and only we may write to it
    LocalStore(Files&, Cryptography&, Path folder);

    /// Begins anew with this root, unless it is one that was trusted here before: then all the rest stays.
    Status establish(std::string_view root, Version version);

    /// @return nothing when absent or unreadable, which is the same: it will be fetched again
    std::optional<std::string> read(std::string_view role, std::size_t max_bytes);
    Status write(std::string_view role, std::string_view bytes);

    Status write_root(Version version, std::string_view bytes);
    /// Versions in the history, newest first.
    std::vector<Version> kept_roots();
    std::optional<std::string> kept_root(Version version, std::size_t max_bytes);

    /// A damaged or absent one is an empty one.
    Floor floor();
    /// Writes only when it differs from the last one read or written.
    Status write_floor(const Floor&);

    /// ETag of the stored timestamp, empty when it is not known.
    std::string etag();
    Status write_etag(const std::string&);

    /// Removes the files of all other delegated roles. They can be fetched again; their place in the floor
    /// stays.
    Status keep_only(const std::set<std::string>& roles);

    /// Forgets everything, the floor and the history too.
    Status reset();

    const Path& folder() const { return folder_; }
    /// Where a download grows until it is verified.
    Path partial_file() const { return folder_ / "download.partial"; }

 private:
    Path path_of(std::string_view role) const;

    Files& files_;
    Cryptography& crypto_;
    Path folder_;
    std::optional<Floor> last_floor_;
};

}  // namespace update::trust
