// Proves that the roll-back worked, and tells a bad version from a bad network: if the old version reaches
// the server where the new one did not, the version was bad; if it cannot either, it was the network.
#include <fmt/format.h>

#include "steps/watch.hpp"

namespace update {
namespace {

bool needs_classification(const Job& job) { return job.record.reason == Reason::not_acknowledged; }

void old_is_ready(Job& job) {
    note_ready(job);
    job.say(fmt::format("{} {} is ready again", job.agent().name, job.record.from_version));
}

Event it_was_the_network(Job& job) {
    job.record.reason = Reason::network;
    job.record.message += "; the old version cannot reach the server either";
    return Event::expired;
}

}  // namespace

Event watch_old(Job& job) {
    const Instant ready_limit = limit_after_hearing(job, job.settings.trial.ready_timeout);
    const Instant limit =
        needs_classification(job) ? limit_after_hearing(job, job.settings.trial.ack_timeout) : ready_limit;
    bool ready = false;
    for (;;) {
        if (const auto event = gone(job)) return *event;
        if (stopped_by_administrator(job))
            return Event::expired;  // it is back, and nobody may start it to show more
        if (!ready && probe_says_ready(job)) {
            ready = true;
            old_is_ready(job);
        }
        if (ready && !needs_classification(job)) return Event::succeeded;
        const Instant now = job.ports.clock.now();
        if (!ready && now >= ready_limit) {
            job.say(fmt::format("{} {} runs again but was not ready in time", job.agent().name,
                                job.record.from_version));
            return Event::failed;
        }
        if (now >= limit) return it_was_the_network(job);

        const Signal signal = wait_for_signal(job, next_look(job, ready ? limit : ready_limit));
        switch (signal.kind) {
            case Signal::Kind::stopping:
                return Event::interrupted;
            case Signal::Kind::ready:
            case Signal::Kind::accepted:
            case Signal::Kind::acknowledged:
                if (!ready) old_is_ready(job);
                ready = true;
                [[fallthrough]];
            case Signal::Kind::alive:
                if (signal.connected && ready) return Event::succeeded;
                break;
            default:
                break;
        }
    }
}

}  // namespace update
