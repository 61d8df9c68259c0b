// A signed release as the plan of one endpoint, and whether a plan is that of a signed release. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <update/plan.hpp>
#include <update/settings.hpp>

#include "policy/executable.hpp"
#include "policy/release.hpp"

namespace update {

/// As release lists name them: "linux" and "x86_64".
std::string_view os_word(const Machine&);
std::string_view arch_word(const Machine&);

struct PlanFor {
    std::string update_id, running_version, permit;
    Machine machine;
};
/// @param hash_prefixes  of the repositories: targets have their digest before their name
Plan plan_of(const PlanFor&, const ReleaseList&, const Release&, const std::vector<Repository>&,
             bool hash_prefixes);

/// Everything but the mirrors' URLs and the version that runs: what may be decided by others than the signers
/// is left out.
/// @return `corrupt` (tampered) with what differs; `not_found` (not_listed) when the list has no such version
Status is_plan_of(const Plan&, const ReleaseList&, const Machine&);
/// @return nullptr when the list has no such version
const Release* release_named(const ReleaseList&, std::string_view version);

}  // namespace update
