// What one update is made of. A plan is complete in itself: nothing is looked up elsewhere while it is applied.
#pragma once
#include <array>
#include <cstdint>
#include <string>
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

struct Artifact {
    Role role = Role::file;
    std::string install_path;        ///< relative to the install root, `/`-separated, never leaving it
    std::uint64_t size_bytes = 0;    ///< exact; one byte more or less is refused
    Sha256 sha256{};
    std::vector<std::string> urls;   ///< mirrors, in the order in which to try them; `file://` for a local copy
    bool self_test = false;          ///< run `<program> --self-test` before the hand-over; it prints the version
    bool operator==(const Artifact&) const = default;
};

/// The artifacts of a plan become new or stay old as a whole.
struct Plan {
    std::string update_id;     ///< 1..64 characters of [A-Za-z0-9._-], not starting with '.'; unique per attempt
    std::string product;
    std::string from_version;  ///< what runs now
    std::string version;       ///< what shall run
    std::vector<Artifact> artifacts;
    bool operator==(const Plan&) const = default;
};

/// Refuses a plan that could leave the install root, repeats a path, has no artifact, or is larger than `max_artifacts`.
/// @return `refused` with the field and the rule; the plan is then not used at all.
Status validate(const Plan&);
inline constexpr std::size_t max_artifacts = 64;

/// JSON text, one object; the inverse of `parse_plan`.
std::string to_json(const Plan&);
/// @return `corrupt` when it is not such JSON (message names the field), `refused` as in `validate`.
Result<Plan> parse_plan(const std::string& json);

}  // namespace update
