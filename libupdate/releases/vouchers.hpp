// The signed files that vouch for one update, as one file beside its plan: after the hand-over no network is
// needed to look again, and nothing that is fetched meanwhile can change the answer.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <update/result.hpp>

namespace update {

struct Vouchers {
    std::vector<std::string> roots;                         ///< those that follow the shipped one, in order
    std::map<std::string, std::string, std::less<>> roles;  ///< timestamp, snapshot, targets, delegated ones
    std::string list;                                       ///< the bytes of releases.json
    bool operator==(const Vouchers&) const = default;
};
/// The bytes of a role's file; nothing where there is none.
using RoleBytes = std::function<std::optional<std::string>(const std::string& role)>;

/// The largest that signed metadata may be, and the list, with what JSON adds to them.
inline constexpr std::size_t max_vouchers_bytes = 192'000'000;
std::string to_json(const Vouchers&);
/// @return `corrupt` when it is none
Result<Vouchers> parse_vouchers(const std::string& json);

}  // namespace update
