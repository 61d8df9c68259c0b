// Which release an endpoint takes, and why not the others. Pure: the same facts give the same answer.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/memory.hpp"
#include "policy/release.hpp"
#include "policy/window.hpp"

namespace update {

/// Where a channel comes from, the first that says one: agent, site, client, and "stable" otherwise.
struct ChannelWishes {
    std::string agent, site, client;
};
struct ChosenChannel {
    std::string name;
    std::string_view source;  ///< "agent", "site", "client" or "default"
};
ChosenChannel resolve_channel(const ChannelWishes&);

/// 0 to 9,999, even over the fleet: the first eight bytes of SHA-256(endpoint id ‖ release id).
std::uint32_t rollout_bucket(const Sha256& digest);
/// What the digest is made of.
std::string rollout_text(std::string_view endpoint_id, const std::string& product, const Release&);

struct EndpointFacts {
    std::string endpoint_id, os, arch;
    std::string running_version;        ///< empty: unknown, nothing is older then
    std::uint64_t committed_epoch = 0;  ///< the highest that was ever committed here
    ChannelWishes channel;
    std::string pin;                     ///< only this version; empty: none
    std::string minimum_version;         ///< nothing below it; empty: none
    bool hold = false;                   ///< nothing at all
    std::vector<Window> windows;         ///< empty: always
    std::chrono::minutes utc_offset{0};  ///< of the zone that the windows are meant in, now
    std::chrono::minutes jitter{0};      ///< how much later than the window this endpoint begins
    std::set<std::string> used_permits;
    std::string update_id;  ///< for which it is asked; empty: none yet
    PolicyMemory memory;
    PolicySettings settings;
    WallTime now{};
    std::function<Sha256(const std::string&)> digest;  ///< SHA-256
};

struct Considered {
    std::string version;
    std::string obstacle;  ///< empty: nothing is in its way
};
struct Choice {
    ChosenChannel channel;
    std::optional<std::size_t> release;  ///< index in the list
    std::string permit;                  ///< id of the permit that this choice uses up; empty: none
    std::string obstacle;                ///< why nothing is chosen at all; empty: see `considered`
    std::vector<Considered> considered;  ///< newest first
};

/// The newest release of the channel's list that nothing forbids. The running version is never left for an
/// older one without a permit, so that a change of the channel from beta to stable waits until stable has
/// overtaken.
Choice choose(const ReleaseList&, const EndpointFacts&);

/// The same for a version that somebody else selected (an operator, a control server): it must be one of the
/// list. Rollout and windows do not bind whoever selects one endpoint by hand; all else does.
/// @return `not_found`, `refused` with the rule
Result<std::size_t> select(const ReleaseList&, const EndpointFacts&, std::string_view version);

/// Whether it is meant for this endpoint, and not over. Whether it is used up, `used_permits` says.
bool is_valid(const Permit&, std::string_view endpoint_id, WallTime now);

/// The permit that a step to this release uses up; empty: it is no step back, or needs none.
std::string permit_used_for(const ReleaseList&, const EndpointFacts&, const Release&);

}  // namespace update
