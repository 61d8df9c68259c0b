#include "policy/choice.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "policy/version.hpp"

namespace update {
namespace {

constexpr std::uint32_t buckets = 10'000;

bool is_older(std::string_view a, std::string_view b) {
    const auto order = compare(a, b);
    return order && *order == std::weak_ordering::less;
}
bool is_same(std::string_view a, std::string_view b) { return normalised(a) == normalised(b); }

bool fits_platform(const Release& release, const EndpointFacts& facts) {
    return std::ranges::any_of(release.artifacts, [&facts](const ReleaseArtifact& artifact) {
        return (artifact.os.empty() || artifact.os == facts.os) &&
               (artifact.arch.empty() || artifact.arch == facts.arch);
    });
}

/// Valid here and now, and not used yet.
const Permit* permit_for(const ReleaseList& list, const EndpointFacts& facts, std::string_view version) {
    const auto found = std::ranges::find_if(list.permits, [&](const Permit& permit) {
        return is_same(permit.version, version) && is_valid(permit, facts.endpoint_id, facts.now) &&
               !facts.used_permits.contains(permit.id);
    });
    return found != list.permits.end() ? &*found : nullptr;
}

/// An update stops and starts programs, no less and no more. What asks for something else is not installed as
/// if it had asked for that.
std::string restart_not_offered(const Release& release) {
    if (release.restart == RestartKind::machine) return "it needs the machine restarted, which no route does";
    if (release.restart == RestartKind::nothing)
        return "it wants nothing restarted, and every route restarts the agent";
    return {};
}

/// Rules that hold for a version however it was chosen. Empty: none is broken.
std::string broken_rule(const ReleaseList& list, const Release& release, const EndpointFacts& facts) {
    if (!fits_platform(release, facts))
        return fmt::format("it has nothing for {} on {}", facts.os, facts.arch);
    if (auto restart = restart_not_offered(release); !restart.empty()) return restart;
    const bool permitted = permit_for(list, facts, release.version) != nullptr;
    if (release.epoch < facts.committed_epoch && !permitted)
        return fmt::format("its security epoch {} is below {}, which was committed here", release.epoch,
                           facts.committed_epoch);
    if (is_older(release.version, facts.running_version) && !permitted && !facts.settings.allow_downgrade)
        return fmt::format("it is older than {}, which runs; a signed permit would allow it",
                           facts.running_version);
    if (!facts.pin.empty() && !is_same(release.version, facts.pin))
        return fmt::format("{} is pinned", facts.pin);
    if (!facts.minimum_version.empty() && is_older(release.version, facts.minimum_version))
        return fmt::format("it is below the minimum version {}", facts.minimum_version);
    if (!release.minimum_from.empty() && is_older(facts.running_version, release.minimum_from))
        return fmt::format("it needs {} or newer to run first", release.minimum_from);
    const std::string bar = bar_on(facts.memory, release.version, facts.update_id, facts.settings, facts.now);
    return bar.empty() ? bar : "it " + bar;
}

std::string outside_rollout(const ReleaseList& list, const Release& release, const EndpointFacts& facts) {
    if (release.rollout.percent >= 100) return {};
    const auto bucket = rollout_bucket(facts.digest(rollout_text(facts.endpoint_id, list.product, release)));
    if (bucket < release.rollout.percent * (buckets / 100)) return {};
    return fmt::format("it is rolled out to {} % of the endpoints, and this one comes at {}.{:02} %",
                       release.rollout.percent, bucket / 100, bucket % 100);
}

std::string obstacle_of(const ReleaseList& list, const Release& release, const EndpointFacts& facts) {
    if (is_same(release.version, facts.running_version)) return "it runs already";
    auto rule = broken_rule(list, release, facts);
    return rule.empty() ? outside_rollout(list, release, facts) : rule;
}

std::vector<std::size_t> newest_first(const ReleaseList& list) {
    std::vector<std::size_t> order(list.releases.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&list](std::size_t a, std::size_t b) {
        return is_older(list.releases[b].version, list.releases[a].version);
    });
    return order;
}

}  // namespace

bool is_valid(const Permit& permit, std::string_view endpoint_id, WallTime now) {
    return permit.until_unix_ms > now.time_since_epoch().count() &&
           (permit.endpoint == "*" || permit.endpoint == endpoint_id);
}

ChosenChannel resolve_channel(const ChannelWishes& wishes) {
    if (!wishes.agent.empty()) return {wishes.agent, "agent"};
    if (!wishes.site.empty()) return {wishes.site, "site"};
    if (!wishes.client.empty()) return {wishes.client, "client"};
    return {"stable", "default"};
}

std::uint32_t rollout_bucket(const Sha256& digest) {
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < 8; ++i) first = first << 8U | digest[i];
    return static_cast<std::uint32_t>(first % buckets);
}

std::string rollout_text(std::string_view endpoint_id, const std::string& product, const Release& release) {
    return fmt::format("{}{}@{}{}", endpoint_id, product, release.version, release.rollout.salt);
}

Choice choose(const ReleaseList& list, const EndpointFacts& facts) {
    Choice choice;
    choice.channel = resolve_channel(facts.channel);
    for (const std::size_t index : newest_first(list)) {
        const Release& release = list.releases[index];
        auto obstacle = obstacle_of(list, release, facts);
        if (obstacle.empty() && !choice.release) choice.release = index;
        choice.considered.push_back({release.version, std::move(obstacle)});
    }
    if (choice.release && facts.hold) choice.obstacle = "updates are held";
    if (choice.release && choice.obstacle.empty() &&
        !is_open(facts.windows, facts.now, facts.utc_offset, facts.jitter))
        choice.obstacle = "the maintenance window is closed";
    if (!choice.obstacle.empty()) choice.release.reset();
    if (choice.release) choice.permit = permit_used_for(list, facts, list.releases[*choice.release]);
    return choice;
}

std::string permit_used_for(const ReleaseList& list, const EndpointFacts& facts, const Release& release) {
    const bool older = is_older(release.version, facts.running_version) && !facts.settings.allow_downgrade;
    const Permit* permit = permit_for(list, facts, release.version);
    return (older || release.epoch < facts.committed_epoch) && permit != nullptr ? permit->id : "";
}

Result<std::size_t> select(const ReleaseList& list, const EndpointFacts& facts, std::string_view version) {
    const auto found = std::ranges::find_if(
        list.releases, [version](const Release& release) { return is_same(release.version, version); });
    if (found == list.releases.end())
        return Error{ErrorCode::not_found, fmt::format("{} {} is not among the signed releases of channel {}",
                                                       list.product, version, list.channel)};
    if (facts.hold) return Error{ErrorCode::refused, "updates are held"};
    if (auto rule = broken_rule(list, *found, facts); !rule.empty())
        return Error{ErrorCode::refused, fmt::format("{} {}: {}", list.product, version, rule)};
    return static_cast<std::size_t>(found - list.releases.begin());
}

}  // namespace update
