// The units of a product as text. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <update/settings.hpp>

#include "service/unit_rules.hpp"

namespace update {

struct UnitFile {
    std::string name;  ///< "agent.service"
    std::string text;
    bool at_boot = true;  ///< to be enabled
    bool operator==(const UnitFile&) const = default;
};

/// The programs in their order, the watchdog where there is one, and the rescue, which systemd calls when it
/// gives the agent up.
std::vector<UnitFile> unit_files(const Settings&);
std::string rescue_unit(const Settings&);

/// What `us` wrote for this very unit may be rewritten and removed. Two products may come to the same name:
/// "acme" with a companion "db", and "acme-db". All else belongs to an administrator or a packager.
enum class WrittenBy : std::uint8_t { us, another_product, somebody };
WrittenBy written_by(std::string_view text, const UnitFile& ours);

/// A drop-in that makes a unit of the agent one that starts again after a failure, and counts its starts
/// where nothing else in the unit does: systemd would do both.
/// @param now    the unit's effective settings
/// @param there  the present text of that drop-in, or empty
std::string repair_drop_in_name(const Settings&);
UnitFile repair_drop_in(const Settings&, const UnitRules& now, std::string_view there);

}  // namespace update
