// Brings every artifact, verified while it streams, into the private folder of this update.
#include <fmt/format.h>
#include <optional>

#include "steps/step.hpp"
#include "transfer/fetch.hpp"
#include "transfer/noted_channel.hpp"

namespace update {
namespace {

/// What the outcome may lack of the traffic when the process is killed; a journal write for each costs
/// nothing beside as many bytes.
constexpr std::uint64_t unsaved_bytes_max = 64 * 1024 * 1024;

/// Sums the artifacts up for whoever shows the progress, and keeps the journal near the traffic.
class SetProgress : public ProgressListener {
 public:
    SetProgress(Job& job, std::uint64_t total) : job_{job}, total_{total}, saved_{job.record.bytes} {}
    void progressed(const TransferProgress& p) override {
        if (job_.record.bytes - saved_ > unsaved_bytes_max) save();
        if (is_due(before_ + p.bytes == total_)) job_.progress(before_ + p.bytes, total_);
    }
    void complete(const Artifact& a) { before_ += a.size_bytes; }
    /// The traffic is for people: no update ends because it could not be noted.
    void save() {
        saved_ = job_.record.bytes;
        if (auto saved = job_.save(); !saved) job_.say(saved.error().message());
    }

 private:
    /// Each artifact tells of its beginning and its end; of many small ones that would be too often.
    bool is_due(bool last) {
        const Instant now = job_.ports.clock.now();
        if (told_ && !last && now - *told_ < ProgressReport::interval) return false;
        told_ = now;
        return true;
    }

    Job& job_;
    std::uint64_t total_, before_ = 0, saved_;
    std::optional<Instant> told_;
};

}  // namespace

Event download(Job& job) {
    std::uint64_t total = 0;
    for (const Artifact& a : job.plan.artifacts) total += a.size_bytes;
    SetProgress progress{job, total};
    NotedChannel channel{job.ports.channel};
    TransferPorts ports{job.ports.http,  job.ports.files, job.ports.hashing,
                        job.ports.clock, channel,         job.ports.random};
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        const Artifact& a = job.plan.artifacts[n];
        const auto fetched =
            fetch({a, n, job.plan.update_id, job.layout, job.settings.transfer, &progress, &job.record.bytes},
                  ports);
        if (!fetched && channel.stopping()) {
            progress.save();
            return Event::interrupted;
        }
        if (!fetched) {
            const Reason reason = reason_of(fetched.error(), Reason::download_failed);
            const Event event = reason == Reason::cancelled ? Event::cancelled : Event::failed;
            return because(job, reason, Error{fetched.error()}.in(a.install_path), event);
        }
        progress.complete(a);
    }
    job.say(fmt::format("{} artifacts are here, {} bytes came over the network", job.plan.artifacts.size(),
                        job.record.bytes));
    return Event::succeeded;
}

}  // namespace update
