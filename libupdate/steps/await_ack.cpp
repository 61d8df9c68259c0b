// The server has to acknowledge this update to the new version. An outage that was there before the update is
// not the new version's fault: the limit starts anew until the server was reached once. But not for ever: it
// may be the new version that cannot reach it, which only the old one can show.
#include <algorithm>
#include <fmt/format.h>

#include "steps/watch.hpp"

namespace update {
namespace {

constexpr unsigned outage_extensions_max = 6;

Status begin_limit_anew(Job& job, std::string_view why) {
    job.record.entered = {job.ports.clock.boot_id(), job.ports.clock.now().time_since_epoch().count()};
    ++job.record.outage_extensions;
    job.say(why);
    return job.save();
}

/// First contact after an outage: from here on the server had its chance.
Status note_contact(Job& job, bool connected) {
    if (!connected || job.record.reached_server) return done();
    job.record.reached_server = true;
    return job.record.connected_before
               ? job.save()
               : begin_limit_anew(job, "the server was reached; the ack limit runs from now");
}

Event not_acknowledged(Job& job) {
    return because(job, Reason::not_acknowledged,
                   Error{ErrorCode::timed_out,
                         fmt::format("no acknowledgement of {} after {} ms; the session to the server {}",
                                     job.record.update_id, job.settings.trial.ack_timeout.count(),
                                     job.record.reached_server ? "stood" : "never stood")},
                   Event::expired);
}

}  // namespace

Event await_ack(Job& job) {
    if (job.settings.trial.commit_on == CommitOn::ready || job.record.acknowledged) return Event::succeeded;
    if (job.record.accepted) return Event::accepted;
    const Instant heard = limit_after_hearing(job, job.settings.trial.ack_timeout);
    for (;;) {
        if (const auto event = gone(job)) return *event;
        if (const auto event = stopped_by_administrator(job)) return *event;
        const Instant limit = std::max(heard, limit_of(job, job.settings.trial.ack_timeout));
        if (job.ports.clock.now() >= limit) {
            const bool outage_from_before = !job.record.connected_before && !job.record.reached_server &&
                                            job.record.outage_extensions < outage_extensions_max;
            if (!outage_from_before) return not_acknowledged(job);
            if (auto saved =
                    begin_limit_anew(job, "the server has been away since before the update; waiting on");
                !saved)
                return because(job, Reason::io_failed, saved.error());
            continue;
        }
        const Signal signal = wait_for_signal(job, limit);
        switch (signal.kind) {
            case Signal::Kind::stopping:
                return Event::interrupted;
            case Signal::Kind::cancelled:
                return cancelled(job);
            case Signal::Kind::acknowledged:
            case Signal::Kind::alive:
            case Signal::Kind::ready:
            case Signal::Kind::accepted:
                if (is_wrong_version(job, signal)) return mistrust(job, signal);
                if (auto noted = note_contact(job, signal.connected); !noted)
                    return because(job, Reason::io_failed, noted.error());
                if (signal.kind == Signal::Kind::accepted) {
                    job.record.accepted = true;
                    return Event::accepted;
                }
                if (signal.kind == Signal::Kind::acknowledged && signal.update_id == job.record.update_id) {
                    job.record.acknowledged = true;
                    return Event::succeeded;
                }
                break;
            case Signal::Kind::agent_exited:  // `gone` looks
            case Signal::Kind::deadline:
            case Signal::Kind::woken:
                break;
        }
    }
}

}  // namespace update
