// The new version has to say, or to show, that it is ready.
#include <fmt/format.h>

#include "steps/watch.hpp"

namespace update {
namespace {

Event ready(Job& job) {
    note_ready(job);
    job.say(fmt::format("{} {} is ready", job.agent().name, job.record.to_version));
    return Event::succeeded;
}

Event not_in_time(Job& job) {
    return because(job, Reason::not_ready,
                   Error{ErrorCode::timed_out, fmt::format("{} was not ready after {} ms", job.agent().name,
                                                           job.settings.trial.ready_timeout.count())},
                   Event::expired);
}

}  // namespace

Event await_ready(Job& job) {
    const Instant limit = limit_after_hearing(job, job.settings.trial.ready_timeout);
    for (;;) {
        if (const auto event = gone(job)) return *event;
        if (const auto event = stopped_by_administrator(job)) return *event;
        if (probe_says_ready(job)) return ready(job);
        if (job.ports.clock.now() >= limit) return not_in_time(job);

        const Signal signal = wait_for_signal(job, next_look(job, limit));
        switch (signal.kind) {
            case Signal::Kind::stopping:
                return Event::interrupted;
            case Signal::Kind::cancelled:
                return cancelled(job);
            case Signal::Kind::acknowledged:
                if (signal.update_id == job.record.update_id) job.record.acknowledged = true;
                [[fallthrough]];
            case Signal::Kind::alive:
            case Signal::Kind::ready:
            case Signal::Kind::accepted:
                if (is_wrong_version(job, signal)) return mistrust(job, signal);
                job.record.reached_server |= signal.connected;
                job.record.accepted |= signal.kind == Signal::Kind::accepted;
                if (signal.kind != Signal::Kind::alive) return ready(job);
                break;
            case Signal::Kind::agent_exited:  // `gone` looks
            case Signal::Kind::deadline:
            case Signal::Kind::woken:
                break;
        }
    }
}

}  // namespace update
