// From an operator's words to what is to be installed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <update/plan.hpp>
#include <update/selection.hpp>

#include "compose/control.hpp"

namespace update {

/// One `--artifact ROLE:INSTALL_PATH=FILE[,sha256=HEX][,size=N][,self-test]`.
struct ArtifactWish {
    Role role = Role::file;
    std::string install_path;
    std::string source;  ///< a path of this machine
    std::optional<Sha256> sha256;
    std::optional<std::uint64_t> size_bytes;
    bool self_test = false;
};
/// @return `refused` with what is wrong and how to write it
Result<ArtifactWish> parse_artifact_wish(const std::string& text);

struct PlanWish {
    std::string version;                 ///< empty: the newest that policy allows, or the plan's own
    std::string channel;                 ///< empty: the endpoint's
    std::string from;                    ///< empty: the plan's own, else Control::running_version
    std::vector<std::string> artifacts;  ///< unsigned files of the operator
    std::string plan;                    ///< file with a plan of such, instead of `version` and `artifacts`
    bool is_signed() const { return artifacts.empty() && plan.empty(); }
};
/// What `is_signed` selects, under a new update id.
Selection make_selection(Control&, const PlanWish&);
/// Empty: unknown.
std::string version_before(Control&, const PlanWish&);
/// The plan that `is_signed` would be: refreshes the signed metadata, downloads nothing else.
/// @return `refused` with class and cure
Result<Plan> signed_plan(Control&, const PlanWish&);
/// A valid plan of the operator's own files under a new update id. Sizes and digests are computed unless
/// given.
/// @return `refused` or `corrupt` with the field, the rule and the cure; errors of files
Result<Plan> make_plan(Control&, const PlanWish&);

}  // namespace update
