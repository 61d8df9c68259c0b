// What a control server or an operator may say about an update: which of the signed releases. Everything else
// (files, digests, places) comes from what the publisher signed.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

struct Selection {
    std::string update_id;  ///< as in a plan: unique per attempt
    std::string product;    ///< must be the endpoint's own
    std::string channel;    ///< empty: the one that the endpoint is on
    std::string version;    ///< SemVer; empty: the newest that policy allows
    bool operator==(const Selection&) const = default;
};

/// @return `refused` with the field and the rule
Status validate(const Selection&);

/// JSON text, one object; the inverse of `parse_selection`.
std::string to_json(const Selection&);
/// Channel and version may be absent. @return `corrupt` when it is no such JSON, `refused` as in `validate`
Result<Selection> parse_selection(const std::string& json);
inline constexpr std::size_t max_selection_json_bytes = 64 * 1024;

}  // namespace update
