// A set that holds the watchdog is not committed before the new watchdog runs: it is on trial like the agent.
// It runs from where it is staged, and only then takes the old one's place: what a service manager starts
// after a power cut is at every moment a watchdog that has worked.
#include <algorithm>
#include <fmt/format.h>

#include "steps/install.hpp"

namespace update {
namespace {

Status install(Job& job, const VerifiedArtifact& verified, const Seal& seal) {
    UPDATE_CHECK(install_sealed(job, verified, seal), "install the watchdog");
    return job.ports.files.flush_directory(job.layout.installed(verified.artifact()).parent_path());
}

}  // namespace

Event renew_watchdog(Job& job) {
    // Where the disk could not be written, the journal may have missed that the set is old again.
    if (auto whole = set_is_installed(job, Watchdog::left_out); !whole)
        return because(job, Reason::io_failed, whole.error());
    const auto& artifacts = job.plan.artifacts;
    const auto found = std::ranges::find(artifacts, Role::watchdog, &Artifact::role);
    if (found == artifacts.end()) return Event::succeeded;
    const auto n = static_cast<std::size_t>(found - artifacts.begin());
    const auto seals = read_seals(job.ports.files, job.layout.seals(job.plan.update_id), artifacts.size());
    if (!seals) return because(job, reason_of(seals.error(), Reason::io_failed), seals.error());
    const auto proven = job.ports.verifier.prove(job.plan, Expiry::passed_over);
    if (!proven) return because(job, reason_of_mistrust(proven.error()), proven.error());
    const VerifiedArtifact& watchdog = (*proven)[n];
    // It runs from where it lies now, so it must still be what was verified.
    if (auto sealed = waits_as_sealed(job, watchdog, (*seals)[n]); !sealed)
        return because(job, reason_of(sealed.error(), Reason::io_failed), sealed.error());
    // After a reboot nobody has started them yet, and the renewal takes its time.
    for (const ProgramSettings& program : job.settings.programs)
        if (auto started = job.ports.services.start(program.name); !started)
            job.say(fmt::format("{} is not started: {}", program.name, started.error().message()));
    const auto renewed = job.ports.renewal.renew_watchdog(job.settings.trial.renew_timeout);
    // Where none ran before, the next start takes the installed one. One that took this update over did run.
    const bool none_needed =
        !renewed && renewed.error().code() == ErrorCode::not_found && job.record.route != Route::watchdog;
    if (!renewed && !none_needed) return because(job, Reason::watchdog_failed, renewed.error());
    if (auto installed = install(job, watchdog, (*seals)[n]); !installed)
        return because(job, reason_of(installed.error(), Reason::io_failed), installed.error());
    return Event::succeeded;
}

}  // namespace update
