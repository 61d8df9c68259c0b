// Starts the programs of the set, agent last. The flow has counted this start in the journal already.
#include <fmt/format.h>

#include "steps/install.hpp"
#include "steps/watch.hpp"

namespace update {
namespace {

/// The agent is started whatever becomes of its companions. One of them that cannot be started says something
/// of the version that brought it, and nothing else: not of a version that left it as it was, nor of the old
/// one. An administrator who stopped or disabled a program meanwhile says nothing of any version.
bool decides(const Job& job, const ProgramSettings& program, const Error& error) {
    if (error.code() == ErrorCode::refused) return false;
    if (program.name == job.agent().name) return true;
    return job.record.progress.state == State::starting && is_renewed(job, program);
}

/// By the exit code the agent may have put the old set back by itself. It stops nobody, so its companions may
/// run as their new version still.
Status old_set_starts_alone(Job& job) {
    const bool by_the_agent =
        job.record.route == Route::exit_code && job.record.progress.state == State::restarting_old;
    return by_the_agent ? make_sure_nothing_runs(job) : done();
}

}  // namespace

Event start(Job& job) {
    if (const auto instead = start_of_mixed_set(job)) return *instead;
    if (auto alone = old_set_starts_alone(job); !alone)
        return because(job, Reason::stop_failed, alone.error());
    std::optional<Error> verdict;
    const auto& programs = job.settings.programs;
    for (auto program = programs.rbegin(); program != programs.rend(); ++program) {
        const Status started = job.ports.services.start(program->name);
        if (started) continue;
        job.say(fmt::format("{} is not started: {}", program->name, started.error().message()));
        if (decides(job, *program, started.error()))
            verdict = Error{started.error()}.in(fmt::format("start {}", program->name));
    }
    if (verdict) return because(job, Reason::start_failed, *verdict);
    return Event::succeeded;
}

}  // namespace update
