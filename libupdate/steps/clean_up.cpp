// After the proof, and only then: removes staging and backup. The running image and the installed one are
// left alone, and nothing is removed unless the installed set is the one that was proven.
#include "steps/install.hpp"
#include "steps/step.hpp"
#include "steps/workshop.hpp"

namespace update {
Event clean_up(Job& job) {
    // An older server authenticated the new version but confirmed nothing: no clean-up of the way back, and
    // no error.
    const bool unproven = job.record.accepted && !job.record.acknowledged;
    job.record.reason =
        unproven ? Reason::unconfirmed : Reason::none;  // a crash before a start that held is forgotten
    job.record.message =
        unproven ? "the server is too old to confirm updates; the previous version is kept" : "";
    job.record.evidence = {};

    auto status = set_is_installed(job, Watchdog::included);
    const bool keep = unproven || job.settings.policy.keep_previous > 0;
    if (status) status = keep ? keep_previous(job) : remove_tree(job.ports.files, job.layout.previous());
    if (status) status = remove_workshops(job);
    if (status) return Event::succeeded;
    job.say(status.error().message());
    return Event::failed;
}

}  // namespace update
