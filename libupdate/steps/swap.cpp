// Renames each sealed artifact over its live path. One rename an item, so a reader sees the old file or the
// new one. The watchdog's own program is not among them: whatever happens, the watchdog that is started again
// is the old one, until the new one has shown that it runs (renew_watchdog).
#include <fmt/format.h>
#include <set>

#include "steps/install.hpp"
#include "steps/step.hpp"

namespace update {
namespace {

/// The exit-code route has no verifying side of its own.
bool sealed_by_somebody(Job& job) {
    return job.record.progress.state != State::self_swapping || verify(job) == Event::succeeded;
}

}  // namespace

Event swap(Job& job) {
    const Path seal_file = job.layout.seals(job.plan.update_id);
    if (!exists(job.ports.files, seal_file).value_or(false) && !sealed_by_somebody(job)) return Event::failed;
    const auto seals = read_seals(job.ports.files, seal_file, job.plan.artifacts.size());
    if (!seals) return because(job, reason_of(seals.error(), Reason::io_failed), seals.error());

    // What vouched for it may have expired meanwhile; that it did vouch for this plan is looked up again.
    const auto proven = job.ports.verifier.prove(job.plan, Expiry::passed_over);
    if (!proven) return because(job, reason_of_mistrust(proven.error()), proven.error());

    // Also where the agent died while it swapped by itself: what is left of the set runs as its old version.
    if (auto stopped = make_sure_nothing_runs(job); !stopped)
        return because(job, Reason::stop_failed, stopped.error());

    std::set<Path> touched;
    for (const VerifiedArtifact& verified : *proven) {
        const Artifact& a = verified.artifact();
        if (a.role == Role::watchdog) continue;
        if (auto swapped = install_sealed(job, verified, (*seals)[verified.index()]); !swapped)
            return because(job, reason_of(swapped.error(), Reason::io_failed),
                           Error{swapped.error()}.in(fmt::format("install {}", a.install_path)));
        touched.insert(job.layout.installed(a).parent_path());
    }
    for (const Path& folder : touched)
        if (auto flushed = job.ports.files.flush_directory(folder); !flushed)
            return because(job, Reason::io_failed, flushed.error());
    return Event::succeeded;
}

}  // namespace update
