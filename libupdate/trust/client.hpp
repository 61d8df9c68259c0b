// The complete client of TUF 1.0.34, section 5, over ports: refresh, find, download.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ports/clock.hpp"
#include "ports/cryptography.hpp"
#include "ports/files.hpp"
#include "ports/http.hpp"
#include "trust/limits.hpp"
#include "trust/local_store.hpp"
#include "trust/source.hpp"
#include "trust/trusted_set.hpp"

namespace update::trust {

struct ClientPorts {
    Http& http;
    Files& files;
    Clock& clock;
    Cryptography& crypto;
};

struct ClientOptions {
    Limits limits;
    WallTime built_at{};        ///< it is certainly later than this; default: not known
    std::string embedded_root;  ///< where trust falls back to when every stored root is damaged; may be empty
    Cancel cancel;              ///< may be empty
};

/// Errors carry a class (trust/trouble.hpp). A failed call leaves everything that is trusted as it was; what
/// is trusted already is stored at once, role by role, and only after all its checks. One thread at a time,
/// one process per store.
class Client {
 public:
    Client(ClientPorts, Path store, Address, ClientOptions);

    /// Makes `root` the beginning of trust. No network. @return `corrupt` when it is not signed by itself
    Status establish(std::string_view root);

    /// 5.1 to 5.6: new roots, timestamp, snapshot, top-level targets. To be called before the others.
    Status refresh();

    /// For polling: one conditional request. While the server says that timestamp.json is the one that is
    /// trusted here, and nothing of what is trusted has expired, there is nothing new to install, and no more
    /// is asked. In every other case a whole `refresh`. Departs from 5.3 in one point: a new root is noticed
    /// when the timestamp changes, not before; whoever polls often calls `refresh` once a day.
    Status refresh_if_changed();

    /// 5.6.7: looks the name up in targets and delegated roles, which are fetched as needed.
    /// @return `not_found` (not_listed) when nobody who may speak for the name lists it
    Result<TargetFile> find(std::string_view path);

    /// 5.7. Into `folder` (absolute, existing), under the file name of `path`: quoted, so that it cannot
    /// leave it. An intact copy that is already there is not fetched again.
    /// @return where it is; nothing of a failed download remains there
    Result<Path> download(std::string_view path, const TargetFile&, const Path& folder);

    const TrustedSet* trusted() const { return set_.get(); }
    LocalStore& store() { return store_; }

 private:
    void begin();
    Status load_stored();
    Status load_root();
    Status update_root();
    Status update_timestamp();
    Status update_snapshot();
    Result<const Targets*> load_targets(const Targets* delegator, const std::string& role);
    Result<std::string> fetch(std::string_view role, std::optional<Version> version, std::size_t max_bytes);
    std::size_t cap(const MetaFile&, std::size_t otherwise) const;
    std::optional<Version> version_in_url(const MetaFile&) const;
    bool is_intact(const Path&, const TargetFile&) const;
    Status fetch_target(std::string_view path, const TargetFile&);
    Status move_into_place(const Path& to);

    ClientPorts ports_;
    Address address_;
    ClientOptions options_;
    LocalStore store_;
    std::unique_ptr<TrustedSet> set_;
};

}  // namespace update::trust
