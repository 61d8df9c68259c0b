// The rules of TUF 1.0.34, section 5, on bytes in memory: what may follow what. Knows neither network nor
// disk.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "ports/cryptography.hpp"
#include "trust/floor.hpp"
#include "trust/limits.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

/// The time that expiry is judged by, and what is known of it apart from this machine's clock.
struct Time {
    WallTime system{};       ///< read once, when the refresh begins (5.1)
    WallTime built_at{};     ///< of this program: it is certainly not earlier
    WallTime last_signed{};  ///< Floor::time: nor than this, as long as the keys that said so are trusted
    WallTime floor() const { return built_at < last_signed ? last_signed : built_at; }
    WallTime effective() const { return system < floor() ? floor() : system; }
    /// Whether something trusted may say that it was signed then: one lie about the far future, believed
    /// once, would make everything expired for good. A clock that is itself behind can not judge it.
    bool believes(WallTime signed_at) const;
    /// The system's clock is behind what is certain, or so far ahead that a dead battery is likelier than
    /// sleep.
    bool suspect() const;
};

/// Call in the order root, timestamp, snapshot, targets; the order within each is that of the functions here.
/// Every function that refuses leaves the set as it was, says why, and with which class (trust/trouble.hpp).
class TrustedSet {
 public:
    TrustedSet(Cryptography&, const Limits&, Time);

    /// 5.2: the root that trust begins with; it must be signed by itself.
    Status start(std::string_view root);
    /// 5.3.4 to 5.3.7: exactly the next version, signed by the keys of the trusted root and by its own.
    Status next_root(std::string_view bytes);
    /// 5.3.10 and 5.3.11: the last root is not expired; timestamp and snapshot of withdrawn keys are void.
    Status finish_roots(Floor floor);

    /// What the store holds; taken for the rollback checks even if it has expired. One below the floor is
    /// `local`: somebody put it there.
    Status stored_timestamp(std::string_view bytes);
    enum class News : std::uint8_t { fresh, same };
    /// 5.4.2 to 5.4.4. `same`: not newer than the stored one, which stays.
    Result<News> timestamp(std::string_view bytes);
    /// 5.4.4 for the one in use.
    Status check_timestamp() const;

    /// @return Done when it is the one that the timestamp names, so that no other is needed
    Status stored_snapshot(std::string_view bytes);
    /// 5.5.2 to 5.5.6
    Status snapshot(std::string_view bytes);

    /// 5.6.2 to 5.6.5, for stored and for new files.
    /// @param delegator  whose keys and word count: what `find` returned, nullptr for the root and the role
    /// "targets"
    Status targets(const Targets* delegator, const std::string& role, std::string_view bytes);
    /// nullptr when the role was not loaded by the word of this delegator
    const Targets* find(const Targets* delegator, const std::string& role) const;

    /// Of "targets" and every delegated role that was loaded, by whomever.
    std::set<std::string> target_roles() const;

    const Root& root() const { return root_->content; }
    const Timestamp* timestamp() const { return timestamp_ ? &*timestamp_ : nullptr; }
    const Snapshot* snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }
    /// What the floor is after all that was accepted so far.
    const Floor& floor() const { return floor_; }
    const Limits& limits() const { return limits_; }

 private:
    Status check_root(const Signed<Root>& candidate, const Root& keeper, std::string_view what) const;
    std::set<std::string> key_digests(const Root&, TopRole) const;
    Status check_expiry(const Common&, std::string_view what) const;
    Status check_against_stored(const Timestamp&) const;
    Status check_against_stored(const Snapshot&) const;
    Status check_against_floor(const Snapshot&) const;
    Status check_final(const Snapshot&) const;
    Status check_signed_by(const Targets* delegator, const std::string& role, const Signed<Targets>&) const;

    Cryptography& crypto_;
    Limits limits_;
    Time time_;
    std::optional<Signed<Root>> root_;
    std::set<std::string> first_timestamp_keys_, first_snapshot_keys_;  ///< of the root that `start` took
    bool rotated_ = false;
    Floor floor_;
    std::optional<Timestamp> timestamp_;
    std::optional<Snapshot> stored_snapshot_, snapshot_;
    /// By delegator and role: a role may be reached on several ways, and each way has its own keys.
    std::map<std::pair<const Targets*, std::string>, std::unique_ptr<Targets>> targets_;
};

}  // namespace update::trust
