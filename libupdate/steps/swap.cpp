// Renames each sealed artifact over its live path. One rename an item, so a reader sees the old file or the
// new one. The watchdog's own program goes last: while the set is mixed, the watchdog that finishes the work
// is still the old one.
#include <fmt/format.h>
#include <set>

#include "steps/manifest.hpp"
#include "steps/step.hpp"

namespace update {
namespace {

Status swap_one(Job& job, std::size_t n, const Seal& seal) {
    Files& files = job.ports.files;
    const Artifact& a = job.plan.artifacts[n];
    const Path staged = job.layout.staged(a, job.plan.update_id, n), live = job.layout.installed(a);
    const auto ready = files.info(staged);
    if (!ready && ready.error().code() == ErrorCode::not_found) {
        UPDATE_TRY(installed, files.info(live), "neither staged nor installed");
        if (installed.id == seal.id && installed.size_bytes == seal.size_bytes)
            return done();  // swapped before a crash
        return Error{ErrorCode::corrupt, "the staged file is gone and the live file is not it"};
    }
    if (!ready) return Error{ready.error()};
    if (Seal{ready->id, ready->size_bytes, ready->changed_ns} != seal)
        return Error{ErrorCode::corrupt, "the staged file changed after it was verified"};
    return files.rename(staged, live);
}

/// The exit-code route has no verifying side of its own.
bool sealed_by_somebody(Job& job) {
    return job.record.progress.state != State::self_swapping || verify(job) == Event::succeeded;
}

std::vector<std::size_t> watchdog_last(const Plan& plan) {
    std::vector<std::size_t> order;
    for (const bool watchdog : {false, true})
        for (std::size_t n = 0; n < plan.artifacts.size(); ++n)
            if ((plan.artifacts[n].role == Role::watchdog) == watchdog) order.push_back(n);
    return order;
}

}  // namespace

Event swap(Job& job) {
    const Path seal_file = job.layout.seals(job.plan.update_id);
    if (!exists(job.ports.files, seal_file).value_or(false) && !sealed_by_somebody(job)) return Event::failed;
    const auto seals = read_seals(job.ports.files, seal_file, job.plan.artifacts.size());
    if (!seals) return because(job, reason_of(seals.error(), Reason::io_failed), seals.error());

    if (job.record.progress.state == State::swapping)
        if (auto stopped = make_sure_nothing_runs(job); !stopped)
            return because(job, Reason::stop_failed, stopped.error());

    std::set<Path> touched;
    for (const std::size_t n : watchdog_last(job.plan)) {
        const Artifact& a = job.plan.artifacts[n];
        if (auto swapped = swap_one(job, n, (*seals)[n]); !swapped)
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
