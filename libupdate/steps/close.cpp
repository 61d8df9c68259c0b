// The end of every update: files the outcome where it stays until the server has confirmed it, remembers a
// bad version, and removes the update's own folder. Runs again after a crash until the journal says `filed`;
// the update id makes each part idempotent.
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "journal/outcome_file.hpp"
#include "journal/outcome_of.hpp"
#include "journal/policy_file.hpp"
#include "steps/asides.hpp"
#include "steps/step.hpp"
#include "steps/workshop.hpp"

namespace update {
namespace {

Status remember(Job& job, const Outcome& outcome) {
    UPDATE_TRY(memory, load_policy_memory(job.ports.files, job.layout), "policy memory");
    if (outcome.ending == Ending::committed) memory = record_commit(std::move(memory), job.plan);
    memory = record_outcome(std::move(memory), outcome, job.settings.policy, job.ports.clock.wall());
    return store_policy_memory(job.ports.files, job.layout, memory);
}

/// What was asked of this update ends with it. A request that names another one is that one's.
Status forget_cancellation(Job& job) {
    const Path request = job.layout.cancel_request();
    const auto wanted = read_text(job.ports.files, request, 256);
    if (!wanted || *wanted != job.record.update_id) return done();
    return job.ports.files.remove(request);
}

Status end(Job& job) {
    if (job.record.filed) return done();
    const Outcome outcome = outcome_of(job.record);
    UPDATE_CHECK(job.ports.files.make_private_directory(job.layout.outcomes()), "outcome folder");
    UPDATE_CHECK(write_outcome(job.ports.files, job.layout, outcome), "outcome");
    UPDATE_CHECK(remember(job, outcome), "remember outcome");
    // What could not be repaired keeps its backups: an operator may need them.
    if (outcome.ending != Ending::needs_repair) UPDATE_CHECK(remove_workshops(job), "clean up");
    // A list for a broom: no outcome waits for it, but half of one is not left behind.
    if (auto noted = note_asides(job); !noted) {
        job.say(noted.error().message());
        UPDATE_CHECK(job.ports.files.remove(temporary_of(job.layout.asides())), "half a list");
    }
    UPDATE_CHECK(forget_cancellation(job), "forget cancellation");
    UPDATE_CHECK(remove_tree(job.ports.files, job.layout.update(job.record.update_id)),
                 "remove update folder");
    UPDATE_CHECK(job.ports.files.flush_directory(job.layout.updates()), "flush");
    job.record.filed = true;
    return job.save();
}

}  // namespace

Event close(Job& job) {
    const auto filed = end(job);
    if (filed) return Event::succeeded;
    job.say(filed.error().message());
    return Event::failed;
}

}  // namespace update
