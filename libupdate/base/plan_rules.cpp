// What a plan may contain, whoever wrote it: the privileged side applies it.
#include <algorithm>
#include <set>

#include <update/plan.hpp>

#include "base/grammar.hpp"

namespace update {
namespace {

Status refused(const std::string& field, const std::string& rule) {
    return Error{ErrorCode::refused, field + ": " + rule};
}

Status check_header(const Plan& plan) {
    if (!is_update_id(plan.update_id))
        return refused("update_id", "must be 1..64 characters of [A-Za-z0-9._-], '.' neither first nor last");
    if (!is_plain_name(plan.product))
        return refused("product", "must be 1..128 characters of [A-Za-z0-9._+-], a letter or digit first");
    for (const auto& [field, version] :
         {std::pair{"from_version", &plan.from_version}, std::pair{"version", &plan.version}})
        if (!is_version_text(*version))
            return refused(
                field,
                "must be 1..64 printable characters without space, quote or slash, a letter or digit first");
    if (!plan.channel.empty() && !is_plain_name(plan.channel))
        return refused("channel", "must be 1..128 characters of [A-Za-z0-9._+-], a letter or digit first");
    if (!plan.permit.empty() && !is_update_id(plan.permit)) return refused("permit", "is no id");
    if (plan.artifacts.empty()) return refused("artifacts", "there is none");
    if (plan.artifacts.size() > max_artifacts) return refused("artifacts", "there are more than 64");
    return done();
}

Status check_artifact(const Artifact& artifact, const std::string& where) {
    UPDATE_CHECK(check_install_path(artifact.install_path), where + ".install_path");
    if (artifact.size_bytes == 0 || artifact.size_bytes > max_artifact_bytes)
        return refused(where + ".size_bytes", "must be from 1 to 2^40");
    if (artifact.urls.empty() || artifact.urls.size() > max_mirrors)
        return refused(where + ".urls", "there must be 1 to 16");
    for (const std::string& url : artifact.urls) UPDATE_CHECK(check_url(url), where + ".urls");
    return done();
}

Status check_roles(const Plan& plan) {
    for (const Role single : {Role::agent, Role::watchdog})
        if (std::ranges::count(plan.artifacts, single, &Artifact::role) > 1)
            return refused("artifacts", "more than one has the role " + std::string{name(single)});
    return done();
}

/// Two artifacts at one place would overwrite each other, and so would "Agent" and "agent" on Windows.
Status check_paths_differ(const Plan& plan) {
    std::set<std::string> paths;
    for (const Artifact& artifact : plan.artifacts)
        if (!paths.insert(ascii_lower(artifact.install_path)).second)
            return refused("artifacts", "install path occurs twice: " + artifact.install_path);
    for (const std::string& path : paths)
        for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
            if (paths.contains(path.substr(0, slash)))
                return refused("artifacts", "install path is a file and a folder: " + path.substr(0, slash));
    return done();
}

}  // namespace

Status validate(const Plan& plan) {
    if (auto checked = check_header(plan); !checked) return checked;
    for (std::size_t i = 0; i < plan.artifacts.size(); ++i)
        if (auto checked = check_artifact(plan.artifacts[i], "artifacts[" + std::to_string(i) + "]");
            !checked)
            return checked;
    if (auto checked = check_roles(plan); !checked) return checked;
    return check_paths_differ(plan);
}

}  // namespace update
