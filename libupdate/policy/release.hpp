// What a publisher says about a product on one channel: the content of the signed target
// "<product>/<channel>/releases.json". Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/plan.hpp>

namespace update {

/// What has to be started anew for a release. Endpoints install `agent` only, and say so of the others.
enum class RestartKind : std::uint8_t {
    agent,    ///< the agent and its companions
    nothing,  ///< data only
    machine,  ///< the endpoint; somebody else must do it
};
std::string_view name(RestartKind);
std::optional<RestartKind> restart_kind_named(std::string_view word);

struct ReleaseArtifact {
    Role role = Role::file;
    std::string os, arch;      ///< "linux", "x86_64"; empty: every one
    std::string install_path;  ///< as in a plan
    std::string target;        ///< name of the signed target that holds the bytes
    std::uint64_t size_bytes = 0;
    Sha256 sha256{};
    bool self_test = false;
    bool operator==(const ReleaseArtifact&) const = default;
};

/// A part of the fleet. The salt makes another choice of endpoints for another release.
struct Rollout {
    std::uint32_t percent = 100;
    std::string salt;
    bool operator==(const Rollout&) const = default;
};

struct Release {
    std::string version;       ///< SemVer, normalised
    std::uint64_t epoch = 0;   ///< security epoch: never lower than what was ever committed
    std::string minimum_from;  ///< waypoint: at least this version must run before; empty: any
    RestartKind restart = RestartKind::agent;
    Rollout rollout;
    std::vector<ReleaseArtifact> artifacts;
    bool operator==(const Release&) const = default;
};

/// Signed leave for one step back, once: an operator's downgrade.
struct Permit {
    std::string id;        ///< used at most once per endpoint
    std::string endpoint;  ///< the one that it is for; "*": each
    std::string version;   ///< to which it leads
    std::int64_t until_unix_ms = 0;
    bool operator==(const Permit&) const = default;
};

struct ReleaseList {
    std::string product, channel;
    std::vector<Release> releases;
    std::vector<Permit> permits;
    bool operator==(const ReleaseList&) const = default;
};
inline constexpr std::size_t max_releases = 256, max_permits = 256;
inline constexpr std::size_t max_release_list_bytes = 4 * 1024 * 1024;

/// "agent/stable/releases.json"
std::string release_list_target(std::string_view product, std::string_view channel);

std::string to_json(const ReleaseList&);
/// @return `corrupt` with the wrong member: no such JSON, a name or version that is none, an install path
/// that leaves its
///         root, one version twice, no artifact, above a limit
Result<ReleaseList> parse_release_list(const std::string& json);

}  // namespace update
