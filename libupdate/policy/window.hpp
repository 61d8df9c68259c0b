// Maintenance windows: when a change may begin. Pure.
#pragma once
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/result.hpp>

#include "policy/memory.hpp"

namespace update {

struct Window {
    std::array<bool, 7> days{};      ///< Sunday first
    std::chrono::minutes begins{0};  ///< after midnight
    std::chrono::minutes lasts{0};   ///< 1 minute to 24 hours; may reach into the next day
    bool operator==(const Window&) const = default;
};

/// "mon-fri 22:00-04:00", "sat,sun 00:00-24:00", "daily 01:30-02:30".
/// @return `refused` with what is wrong
Result<Window> parse_window(std::string_view text);

/// @param utc_offset  of the zone that the windows are meant in, at `now`
/// @param jitter      how much later than the window this endpoint begins, so that a fleet does not come at
/// once; must be
///                    shorter than the window to have any effect
bool is_open(const std::vector<Window>&, WallTime now, std::chrono::minutes utc_offset,
             std::chrono::minutes jitter = std::chrono::minutes{0});

}  // namespace update
