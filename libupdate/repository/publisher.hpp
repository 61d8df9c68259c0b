// The publisher's side of signed releases: a folder with settings, private keys and drafts, and in it
// `public/`, the tree that clients read. Standard TUF: other tools can read and continue it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/release.hpp"
#include "ports/clock.hpp"
#include "ports/files.hpp"
#include "ports/processes.hpp"
#include "ports/public_folders.hpp"
#include "ports/signing.hpp"
#include "repository/edition.hpp"
#include "repository/keyring.hpp"
#include "repository/publisher_settings.hpp"
#include "repository/tree.hpp"

namespace update::repository {

struct PublisherPorts {
    Files& files;
    PublicFolders& folders;
    Locks& locks;
    Clock& clock;
    Cryptography& crypto;
    Keysmith& smith;
    Processes& processes;
};

struct InitWish {
    unsigned root_keys = 1;
    std::int64_t root_threshold = 1;
    KeyScheme scheme = KeyScheme::ed25519;
    Lifetimes lifetimes;
};

/// A file that becomes part of a release. `target` is filled in when it is published.
struct ArtifactWish {
    Path file;
    ReleaseArtifact artifact;
};

struct PublishWish {
    std::string product, version, channel;
    std::uint64_t epoch = 0;
    std::string minimum_from;
    RestartKind restart = RestartKind::agent;
    Rollout rollout;
};

/// Until when a role is valid.
struct RoleExpiry {
    std::string role;
    Version version = 0;
    WallTime expires{};
};

struct RootState {
    Version published = 0;
    Version staged = 0;                ///< 0: none waits
    std::vector<std::string> missing;  ///< key ids of which some must still sign the staged one
};

/// Holds the folder's lock as long as it exists: one publisher at a time. Every operation is whole or has no
/// effect for readers, wherever the process ends. One thread.
class Publisher {
 public:
    /// @param folder  absolute; created (private) when absent
    /// @return `retry_later` when another publisher works there
    static Result<std::unique_ptr<Publisher>> open(PublisherPorts, Path folder, Passphrase);

    /// New keys, and version 1 of all roles. @return `refused` when there is a repository already
    Status init(const InitWish&);

    /// Puts files into the draft of a version; the draft is what `publish` publishes.
    Status add(const std::string& product, const std::string& version, const std::vector<ArtifactWish>&);
    Status publish(const PublishWish&);
    /// The release as it is on `from` also appears on `to`.
    Status promote(const std::string& product, const std::string& version, const std::string& from,
                   const std::string& to);
    /// Takes it out of the channel. Endpoints that have it keep it.
    Status yank(const std::string& product, const std::string& version, const std::string& channel);
    Status permit(const std::string& product, const std::string& channel, const Permit&);
    Result<ReleaseList> list(const std::string& product, const std::string& channel);

    /// A new key for a top-level role instead of its first one; the root that says so is staged, and
    /// published as soon as enough keys have signed it.
    Result<RootState> rotate(trust::TopRole);
    /// Signs the staged root with the keys that are here. Run it on several machines, one after another.
    Result<RootState> sign_root();
    Result<RootState> root_state();

    /// When each role expires, the earliest first.
    Result<std::vector<RoleExpiry>> expiries();
    /// Signs again what expires within `margin`, snapshot and timestamp always. @return what still expires
    /// within it
    Result<std::vector<RoleExpiry>> resign(std::chrono::hours margin);
    /// Removes files that no current role names and that are older than `age`. @return how many
    Result<unsigned> collect_garbage(std::chrono::hours age);

    Path public_folder() const { return folder_ / "public"; }

 private:
    Publisher(PublisherPorts, Path folder, std::unique_ptr<Lock>, Passphrase);
    Status load_settings();
    Status save_settings();
    Desk desk();
    Result<Json> root_document();
    Result<Json> staged_root();
    Result<Edition> edition();
    Result<std::string> new_key(KeyScheme, Json& keys);

    Result<std::string> channel_role(Edition&, const std::string& product, const std::string& channel);
    Result<std::string> ensure_channel(Edition&, const std::string& product, const std::string& channel);
    Result<ReleaseList> read_list(Edition&, const std::string& product, const std::string& channel);
    Status write_list(Edition&, const ReleaseList&);
    Status put_artifacts(const ReleaseList&, Release&);
    Path draft_file(const std::string& product, const std::string& version) const;
    Path blob_file(const std::string& hash) const;

    Result<std::string> signed_root(const Json& document, const Json& earlier_file);
    Result<RootState> finish_root();

    PublisherPorts ports_;
    Path folder_;
    std::unique_ptr<Lock> lock_;
    Tree tree_;
    Keyring keyring_;
    PublisherSettings settings_;
};

}  // namespace update::repository
