// A set that holds the watchdog is not committed before the new watchdog runs: it is on trial like the agent.
#include <algorithm>

#include "steps/step.hpp"

namespace update {

Event renew_watchdog(Job& job) {
    const bool in_the_set =
        std::ranges::any_of(job.plan.artifacts, [](const Artifact& a) { return a.role == Role::watchdog; });
    if (!in_the_set) return Event::succeeded;
    if (auto renewed = job.ports.renewal.renew_watchdog(job.settings.trial.renew_timeout); !renewed)
        return because(job, Reason::watchdog_failed, renewed.error());
    return Event::succeeded;
}

}  // namespace update
