// After the proof, and only then: removes staging and backup. The running image and the installed one are
// left alone, and nothing is removed unless the installed set is the one that was proven.
#include <fmt/format.h>

#include "steps/manifest.hpp"
#include "steps/step.hpp"
#include "steps/workshop.hpp"

namespace update {
namespace {

Status installed_set_is_the_proven_one(Job& job) {
    const auto seals =
        read_seals(job.ports.files, job.layout.seals(job.plan.update_id), job.plan.artifacts.size());
    if (!seals) return Error{seals.error()};
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        const Artifact& a = job.plan.artifacts[n];
        UPDATE_TRY(info, job.ports.files.info(job.layout.installed(a)), "look at the installed file");
        if (info.id != (*seals)[n].id || info.size_bytes != a.size_bytes)
            return Error{
                ErrorCode::refused,
                fmt::format("{} is not the file that was installed; the backup stays", a.install_path)};
    }
    return done();
}

}  // namespace

Event clean_up(Job& job) {
    // An older server authenticated the new version but confirmed nothing: no clean-up of the way back, and
    // no error.
    const bool unproven = job.record.accepted && !job.record.acknowledged;
    job.record.reason =
        unproven ? Reason::unconfirmed : Reason::none;  // a crash before a start that held is forgotten
    job.record.message =
        unproven ? "the server is too old to confirm updates; the previous version is kept" : "";
    job.record.evidence = {};

    auto status = installed_set_is_the_proven_one(job);
    const bool keep = unproven || job.settings.policy.keep_previous > 0;
    if (status) status = keep ? keep_previous(job) : remove_tree(job.ports.files, job.layout.previous());
    if (status) status = remove_workshops(job);
    if (status) return Event::succeeded;
    job.say(status.error().message());
    return Event::failed;
}

}  // namespace update
