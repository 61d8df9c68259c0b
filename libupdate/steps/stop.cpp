// Stops the programs of the set, agent first. The same step ends the old version and, on the way back, the
// new one.
#include <fmt/format.h>

#include "steps/step.hpp"

namespace update {

Status make_sure_nothing_runs(Job& job) {
    if (job.actor == Actor::agent || job.actor == Actor::guard) return done();
    for (const ProgramSettings& program : job.settings.programs)
        UPDATE_CHECK(job.ports.services.stop(program.name), fmt::format("stop {}", program.name));
    return done();
}

Event stop(Job& job) {
    for (const ProgramSettings& program : job.settings.programs)
        if (auto stopped = job.ports.services.stop(program.name); !stopped)
            return because(job, Reason::stop_failed,
                           Error{stopped.error()}.in(fmt::format("stop {}", program.name)));
    return Event::succeeded;
}

}  // namespace update
