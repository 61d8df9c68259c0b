#include "steps/install.hpp"

#include <fmt/format.h>

namespace update {

Result<bool> waits_as_sealed(Job& job, const VerifiedArtifact& verified, const Seal& seal) {
    Files& files = job.ports.files;
    const Artifact& a = verified.artifact();
    const Path staged = job.layout.staged(a, job.plan.update_id, verified.index()),
               live = job.layout.installed(a);
    const auto ready = files.info(staged);
    if (!ready && ready.error().code() == ErrorCode::not_found) {
        UPDATE_TRY(installed, files.info(live), "neither staged nor installed");
        if (is_same_after_restart(installed.id, seal.id) && installed.size_bytes == seal.size_bytes)
            return false;
        return Error{ErrorCode::corrupt, "the staged file is gone and the live file is not it"};
    }
    if (!ready) return Error{ready.error()};
    if (!is_same_after_restart(ready->id, seal.id) || ready->size_bytes != seal.size_bytes ||
        ready->changed_ns != seal.changed_ns)
        return Error{ErrorCode::corrupt, "the staged file changed after it was verified"};
    return true;
}

Status install_sealed(Job& job, const VerifiedArtifact& verified, const Seal& seal) {
    UPDATE_TRY(waits, waits_as_sealed(job, verified, seal), "staged file");
    if (!waits) return done();
    const Artifact& a = verified.artifact();
    return job.ports.files.rename(job.layout.staged(a, job.plan.update_id, verified.index()),
                                  job.layout.installed(a));
}

Status set_is_installed(Job& job, Watchdog watchdog) {
    UPDATE_TRY(seals,
               read_seals(job.ports.files, job.layout.seals(job.plan.update_id), job.plan.artifacts.size()),
               "seals");
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        const Artifact& a = job.plan.artifacts[n];
        if (a.role == Role::watchdog && watchdog == Watchdog::left_out) continue;
        UPDATE_TRY(info, job.ports.files.info(job.layout.installed(a)), "look at the installed file");
        if (!is_same_after_restart(info.id, seals[n].id) || info.size_bytes != a.size_bytes)
            return Error{ErrorCode::refused,
                         fmt::format("{} is not the file that was verified", a.install_path)};
    }
    return done();
}

std::optional<Event> start_of_mixed_set(Job& job) {
    const State state = job.record.progress.state;
    if (state == State::starting || state == State::awaiting_ready)
        if (auto whole = set_is_installed(job, Watchdog::left_out); !whole)
            return because(job, Reason::io_failed, whole.error(), Event::mistrusted);
    return std::nullopt;
}

}  // namespace update
