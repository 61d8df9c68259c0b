// Starts the programs of the set, agent last. The flow has counted this start in the journal already.
#include <fmt/format.h>

#include "steps/install.hpp"

namespace update {

Event start(Job& job) {
    // The journal may have missed the way back (a disk that could not be written), or somebody put another
    // file there: a set that is not wholly the verified one is not started.
    if (job.record.progress.state == State::starting)
        if (auto whole = set_is_installed(job, Watchdog::left_out); !whole)
            return because(job, Reason::io_failed, whole.error(), Event::mistrusted);
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
