// The publisher's side of signed releases: a folder with settings, private keys and drafts, and in it
// `public/`, the tree that clients read. Standard TUF: other tools can read and continue it.
#pragma once
#include <memory>
#include <optional>
#include <set>
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
#include "repository/target_names.hpp"
#include "repository/tree.hpp"

namespace update::repository {

class Sweep;

/// What waits for signatures, in the publisher's folder.
inline constexpr const char* staged_root_name = "staged-root.json";
inline constexpr const char* staged_edition_name = "staged-edition.json";

struct PublisherPorts {
    Files& files;
    PublicFolders& folders;
    Locks& locks;
    Clock& clock;
    Cryptography& crypto;
    Keysmith& smith;
    Processes& processes;
};

/// A key that was made in an HSM or on a card: its private half never is on this disk.
struct KeyElsewhere {
    std::string public_pem;
    /// That signs with it. None: somebody signs in a folder whose settings have one.
    std::vector<std::string> command{};
};

/// How many keys a role gets, and how many of them must sign.
struct KeyCount {
    unsigned keys = 1;
    std::int64_t threshold = 1;
    std::vector<KeyElsewhere>
        elsewhere{};  ///< its first keys; all of them when they are not fewer than `keys`
};

struct InitWish {
    KeyCount root, targets, snapshot{}, timestamp{};
    KeyScheme scheme = KeyScheme::ed25519;
    Lifetimes lifetimes;
};

/// A file that becomes part of a release. `target` is filled in when it is published.
struct ArtifactWish {
    Path file;
    ReleaseArtifact artifact;
};

/// What is not said stays as it is on the channel. A version that is new there gets the highest epoch of the
/// channel (a lower one would be refused by the endpoints that have it), no waypoint, and all endpoints.
struct PublishWish {
    std::string product, version, channel{};
    std::optional<std::uint64_t> epoch{};
    std::optional<std::string> minimum_from{};
    RestartKind restart = RestartKind::agent;
    std::optional<Rollout> rollout{};
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
/// effect for readers, wherever the process ends. Where keys are elsewhere, what would be published waits in
/// the folder, further operations add to it, and `sign` on the machines that have the keys publishes it.
/// Nothing is signed (`refused`) while this machine's clock contradicts what was signed before. One thread.
class Publisher {
 public:
    /// @param folder  absolute; created (private) when absent
    /// @return `retry_later` when another publisher works there
    static Result<std::unique_ptr<Publisher>> open(PublisherPorts, Path folder, Passphrase);

    /// New keys, and version 1 of all roles. @return `refused` when there is a repository already, and when a
    /// role needs a key that cannot be asked here
    Status init(const InitWish&);

    /// Puts files into the draft of a version; the draft is what `publish` publishes.
    Status add(const std::string& product, const std::string& version, const std::vector<ArtifactWish>&);
    /// @return who must still sign; empty: it is published. The same for all that return Waits.
    Result<Waits> publish(const PublishWish&);
    /// The release as it is on `from` also appears on `to`.
    Result<Waits> promote(const std::string& product, const std::string& version, const std::string& from,
                          const std::string& to);
    /// Takes it out of the channel. Endpoints that have it keep it.
    Result<Waits> yank(const std::string& product, const std::string& version, const std::string& channel);
    Result<Waits> permit(const std::string& product, const std::string& channel, const Permit&);
    /// A channel whose role has several keys. @return `refused` when the channel is there already
    Result<Waits> add_channel(const std::string& product, const std::string& channel, const KeyCount&);
    /// With what waits for signatures.
    Result<ReleaseList> list(const std::string& product, const std::string& channel);

    /// A new key for a top-level role; the root that says so is staged, and published as soon as enough keys
    /// have signed it.
    /// @param old_key  the id of the one that goes; empty: the first @return `not_found` with those that are
    /// @param given  the new key; absent: it is made here
    Result<RootState> rotate(trust::TopRole, const std::string& old_key = {},
                             const std::optional<KeyElsewhere>& given = {});
    /// The same for the role of a channel; readers know either both, its new key and what it signed, or
    /// neither.
    Result<Waits> rotate_channel(const std::string& product, const std::string& channel,
                                 const std::string& old_key = {},
                                 const std::optional<KeyElsewhere>& given = {});
    /// Signs all that waits with the keys that are here, and publishes it once enough have signed. Run it on
    /// several machines, one after another. @return `not_found` when nothing waits
    Result<Waits> sign();
    /// Forgets what waits, the root with it.
    Status discard();
    Result<RootState> root_state();

    /// When each role expires, the earliest first.
    Result<std::vector<RoleExpiry>> expiries();
    /// Signs again what expires within `margin`, snapshot and timestamp always. @return what still expires
    /// within it
    Result<std::vector<RoleExpiry>> resign(std::chrono::hours margin);
    struct GarbageAge {
        std::chrono::hours unnamed;         ///< of files that nothing names, and of published drafts
        std::chrono::hours draft{24 * 90};  ///< of drafts that nobody published
    };
    struct Garbage {
        unsigned removed = 0, waiting = 0;
        bool operator==(const Garbage&) const = default;
    };
    /// Removes files that no current role has named for so long, as far as earlier calls have noticed: a
    /// reader may be on its way with the metadata of a moment ago. The same for drafts whose release is on a
    /// channel with the same files, and for those that nobody publishes; a change of a draft begins anew.
    Result<Garbage> collect_garbage(const GarbageAge&);

    Path public_folder() const { return folder_ / "public"; }

 private:
    Publisher(PublisherPorts, Path folder, std::unique_ptr<Lock>, Passphrase);
    Status load_settings();
    Status save_settings();
    Desk desk();
    Result<Json> root_document();
    Result<Json> staged_root();
    Result<Edition> edition();
    Result<Edition> published_edition();
    Result<Waits> commit(Edition&);
    Result<Json> new_role(const KeyCount&, KeyScheme, Json& keys);
    Result<std::string> new_key(KeyScheme, Json& keys);
    Result<std::string> take_key(const KeyElsewhere&, Json& keys);
    Result<std::string> next_key(const std::optional<KeyElsewhere>&, Json& keys);

    Result<std::string> channel_role(Edition&, const std::string& product, const std::string& channel);
    Result<std::string> ensure_channel(Edition&, const std::string& product, const std::string& channel,
                                       const KeyCount& = {});
    Result<ReleaseList> read_list(Edition&, const std::string& product, const std::string& channel);
    Status write_list(Edition&, const ReleaseList&);
    Status put_artifacts(const ReleaseList&, Release&);
    Result<Release> drafted(const ReleaseName&, const ReleaseList&);
    Path draft_file(const std::string& product, const std::string& version) const;
    Path blob_file(const std::string& hash) const;

    Status keep(Edition&, std::set<Path>& named);
    Result<std::vector<Path>> unnamed_files(const std::set<Path>& named);
    Result<std::vector<ReleaseList>> published_lists(Edition&);
    Status sweep_drafts(Sweep&, const std::vector<ReleaseList>& published, const GarbageAge&);
    Status stage_root(const Json& document, const Json& earlier_file);
    Result<RootState> finish_root();
    Status add_roles_that_wait(const Json& root, std::vector<std::string>& missing);

    PublisherPorts ports_;
    Path folder_;
    std::unique_ptr<Lock> lock_;
    Tree tree_;
    Keyring keyring_;
    PublisherSettings settings_;
};

}  // namespace update::repository
