// What must never be gone below again, kept apart from the files: a damaged or deleted file opens no way
// back.
#pragma once
#include <map>
#include <set>
#include <string>

#include <update/result.hpp>

#include "ports/clock.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

struct Floor {
    Version root = 0;
    Version timestamp = 0;
    Version snapshot = 0;                                 ///< as named by a trusted timestamp
    std::map<std::string, Version, std::less<>> targets;  ///< roles that were ever used
    /// Keys (digests of their material) under which the versions above were trusted. When one of them is
    /// withdrawn, the versions are void: fast-forward recovery (5.3.11), also after a crash in the middle of
    /// it.
    std::set<std::string> timestamp_keys, snapshot_keys;
    bool snapshot_void = false;  ///< the stored snapshot belongs to withdrawn keys
    WallTime time{};             ///< it is later than this: the newest "x-signed-at" of a trusted timestamp
    bool operator==(const Floor&) const = default;
};

std::string to_json(const Floor&);
/// @return `corrupt` when it is none
Result<Floor> parse_floor(std::string_view text);
inline constexpr std::size_t floor_bytes_max = 4'000'000;

}  // namespace update::trust
