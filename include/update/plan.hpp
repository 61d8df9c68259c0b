// What one update is made of. A plan is complete in itself: nothing is looked up elsewhere while it is
// applied.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/result.hpp>

namespace update {

using Sha256 = std::array<std::uint8_t, 32>;  ///< raw bytes, not hex
std::string to_hex(const Sha256&);
/// @return `corrupt` unless `hex` is exactly 64 hexadecimal digits.
Result<Sha256> sha256_from_hex(const std::string& hex);

/// What an artifact is to the endpoint, and therefore what is restarted for it.
enum class Role : std::uint8_t {
    agent,      ///< the supervised program itself: stopped, replaced, tried
    companion,  ///< a program beside it (tray): stopped and started together with the agent
    watchdog,   ///< the supervisor's own program: renewed by re-execution within the trial
    file,       ///< data: replaced while the programs are stopped
};
std::string_view name(Role);
std::optional<Role> role_named(std::string_view word);

struct Artifact {
    Role role = Role::file;
    std::string install_path;      ///< relative to the install root, `/`-separated, never leaving it
    std::uint64_t size_bytes = 0;  ///< exact; one byte more or less is refused
    Sha256 sha256{};
    std::vector<std::string>
        urls;                ///< mirrors, in the order in which to try them; `file://` for a local copy
    bool self_test = false;  ///< run `<program> --self-test` before the hand-over; it prints the version
    std::string target{};    ///< name of the signed target that holds the bytes; empty: none does
    bool operator==(const Artifact&) const = default;
};

/// Who vouches for a plan. Whoever applies it looks again (ports/verifier.hpp).
enum class VouchedBy : std::uint8_t {
    operator_,  ///< nobody: the operator's own files, for development only (`trust.mode = "unsigned"`)
    publisher,  ///< signed metadata
    endpoint,   ///< this one: the previous version, which an update left here
};
std::string_view name(VouchedBy);
std::optional<VouchedBy> vouched_by_named(std::string_view word);

/// The artifacts of a plan become new or stay old as a whole.
struct Plan {
    std::string
        update_id;  ///< 1..64 characters of [A-Za-z0-9._-], '.' neither first nor last; unique per attempt
    std::string product;       ///< 1..128 characters of [A-Za-z0-9._+-], a letter or digit first
    std::string from_version;  ///< what runs now
    std::string version;  ///< what shall run; both 1..64 printable characters without space, quote or slash
    std::vector<Artifact> artifacts;
    VouchedBy vouched_by = VouchedBy::operator_;
    std::string channel{};    ///< whose signed list names the release
    std::uint64_t epoch = 0;  ///< its security epoch; becomes the floor with the commit
    std::string permit{};     ///< id of the signed permit that a step back uses up with the commit
    bool operator==(const Plan&) const = default;
};

/// Refuses a plan that could leave the install root, repeats a path (ASCII case apart, as Windows would see
/// it) or uses one as file and as folder, has no artifact, more than one agent or watchdog, or exceeds a
/// limit below.
/// @return `refused` with the field and the rule; the plan is then not used at all.
Status validate(const Plan&);
inline constexpr std::size_t max_artifacts = 64;
inline constexpr std::size_t max_mirrors = 16;                       ///< URLs per artifact, at least 1
inline constexpr std::uint64_t max_artifact_bytes = 1ULL << 40U;     ///< 1 TiB, at least 1 byte
inline constexpr std::size_t max_plan_json_bytes = 4 * 1024 * 1024;  ///< no valid plan needs more

/// JSON text, one object; the inverse of `parse_plan`.
std::string to_json(const Plan&);
/// @return `corrupt` when it is not such JSON (message names the field), `refused` as in `validate`.
Result<Plan> parse_plan(const std::string& json);

}  // namespace update
