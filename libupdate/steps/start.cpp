// Starts the programs of the set, agent last. The flow has counted this start in the journal already.
#include <fmt/format.h>

#include "steps/install.hpp"

namespace update {

Event start(Job& job) {
    if (const auto instead = start_of_mixed_set(job)) return *instead;
    const auto& programs = job.settings.programs;
    for (auto program = programs.rbegin(); program != programs.rend(); ++program) {
        auto started = job.ports.services.start(program->name);
        if (started) continue;
        if (started.error().code() == ErrorCode::refused) {
            // An administrator stopped or disabled it meanwhile: that is kept, and is no verdict on the
            // version.
            job.say(fmt::format("{} is not started: {}", program->name, started.error().message()));
            continue;
        }
        return because(job, Reason::start_failed,
                       Error{started.error()}.in(fmt::format("start {}", program->name)));
    }
    return Event::succeeded;
}

}  // namespace update
