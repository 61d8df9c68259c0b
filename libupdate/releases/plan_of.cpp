#include "releases/plan_of.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "policy/version.hpp"
#include "trust/source.hpp"
#include "trust/trouble.hpp"

namespace update {
namespace {

using trust::Trouble, trust::trouble;

bool fits(const ReleaseArtifact& artifact, const Machine& machine) {
    return (artifact.os.empty() || artifact.os == os_word(machine)) &&
           (artifact.arch.empty() || artifact.arch == arch_word(machine));
}

Artifact artifact_of(const ReleaseArtifact& from, const std::vector<Repository>& repositories,
                     bool hash_prefixes) {
    Artifact artifact{from.role, from.install_path, from.size_bytes, from.sha256,
                      {},        from.self_test,    from.target};
    for (const Repository& repository : repositories)
        artifact.urls.push_back(trust::target_url({repository.metadata, repository.targets, hash_prefixes},
                                                  from.target, hash_prefixes ? to_hex(from.sha256) : ""));
    return artifact;
}

}  // namespace

std::string_view os_word(const Machine& machine) {
    return machine.system == Machine::System::windows_os ? "windows" : "linux";
}

std::string_view arch_word(const Machine& machine) {
    switch (machine.processor) {
        case Machine::Processor::x86_64:
            return "x86_64";
        case Machine::Processor::x86:
            return "x86";
        case Machine::Processor::aarch64:
            return "aarch64";
        case Machine::Processor::arm:
            return "arm";
        case Machine::Processor::riscv64:
            return "riscv64";
    }
    return "";
}

Plan plan_of(const PlanFor& endpoint, const ReleaseList& list, const Release& release,
             const std::vector<Repository>& repositories, bool hash_prefixes) {
    Plan plan{endpoint.update_id, list.product, endpoint.running_version, release.version, {}};
    plan.vouched_by = VouchedBy::publisher;
    plan.channel = list.channel;
    plan.epoch = release.epoch;
    plan.permit = endpoint.permit;
    for (const ReleaseArtifact& artifact : release.artifacts)
        if (fits(artifact, endpoint.machine))
            plan.artifacts.push_back(artifact_of(artifact, repositories, hash_prefixes));
    return plan;
}

const Release* release_named(const ReleaseList& list, std::string_view version) {
    const auto found = std::ranges::find(list.releases, normalised(version), &Release::version);
    return found != list.releases.end() ? &*found : nullptr;
}

Status is_plan_of(const Plan& plan, const ReleaseList& list, const Machine& machine) {
    const Release* release = release_named(list, plan.version);
    if (release == nullptr)
        return trouble(Trouble::not_listed, fmt::format("{} {} is not among the signed releases of {}",
                                                        plan.product, plan.version, list.channel));
    Plan expected =
        plan_of({plan.update_id, plan.from_version, plan.permit, machine}, list, *release, {}, false);
    Plan said = plan;
    for (Artifact& artifact : said.artifacts) artifact.urls.clear();
    for (Artifact& artifact : expected.artifacts) artifact.urls.clear();
    if (said != expected)
        return trouble(Trouble::tampered,
                       fmt::format("the plan is not what the signed release {} says", plan.version));
    if (plan.permit.empty()) return done();
    const bool permitted = std::ranges::any_of(list.permits, [&plan](const Permit& permit) {
        return permit.id == plan.permit && normalised(permit.version) == normalised(plan.version);
    });
    if (!permitted) return trouble(Trouble::tampered, "nobody signed the permit " + plan.permit);
    return done();
}

}  // namespace update
