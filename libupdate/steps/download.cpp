// Brings every artifact, verified while it streams, into the private folder of this update.
#include <fmt/format.h>

#include "steps/step.hpp"
#include "transfer/fetch.hpp"

namespace update {

Event download(Job& job) {
    std::uint64_t total = 0, before = 0;
    for (const Artifact& a : job.plan.artifacts) total += a.size_bytes;
    const std::uint64_t received_earlier = job.record.bytes;

    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        const Artifact& a = job.plan.artifacts[n];
        const FetchRequest request{a, n, job.plan.update_id, job.layout, job.settings.transfer};
        const auto fetched =
            fetch(request, {job.ports.http, job.ports.files, job.ports.hashing, job.ports.clock, job.ports.channel, job.ports.random},
                  [&](std::uint64_t bytes) { job.progress(before + bytes, total); });
        if (!fetched) {
            const Reason reason = reason_of(fetched.error(), Reason::download_failed);
            return because(job, reason, fetched.error(),
                           reason == Reason::cancelled ? Event::cancelled : Event::failed);
        }
        job.record.bytes += fetched->network_bytes;
        before += a.size_bytes;
    }
    job.say(fmt::format("{} artifacts, {} bytes received", job.plan.artifacts.size(), job.record.bytes - received_earlier));
    return Event::succeeded;
}

}  // namespace update
