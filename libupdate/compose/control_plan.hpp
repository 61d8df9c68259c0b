// From an operator's words to a plan.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <update/plan.hpp>

#include "compose/control.hpp"

namespace update {

/// One `--artifact ROLE:INSTALL_PATH=FILE_OR_URL[,sha256=HEX][,size=N][,self-test]`.
struct ArtifactWish {
    Role role = Role::file;
    std::string install_path;
    std::string source;  ///< a path of this machine, or an http(s) or file URL
    std::optional<Sha256> sha256;
    std::optional<std::uint64_t> size_bytes;
    bool self_test = false;
};
/// @return `refused` with what is wrong and how to write it
Result<ArtifactWish> parse_artifact_wish(const std::string& text);

struct PlanWish {
    std::string version;  ///< empty: the plan's own
    std::string from;     ///< empty: the plan's own, else Control::running_version
    std::vector<std::string> artifacts;
    std::string plan;  ///< file or https URL of a plan, instead of `version` and `artifacts`
};
/// A valid plan under a new update id. Size and digest of local files are computed unless given; those of
/// URLs must be given. A plan that came from a URL may not name local files.
/// @return `refused` or `corrupt` with the field, the rule and the cure; errors of files and transfer
Result<Plan> make_plan(Control&, const PlanWish&);

}  // namespace update
