// Keeps the old set startable: a second name for each live file, or a copy where the file system has no hard
// links. A link is safe because nothing here ever writes into a live file; it is replaced by rename.
#include <fmt/format.h>

#include "steps/manifest.hpp"
#include "steps/step.hpp"

namespace update {
namespace {

Result<Backup> back_up_one(Job& job, std::size_t n) {
    Files& files = job.ports.files;
    const Artifact& a = job.plan.artifacts[n];
    const Path live = job.layout.installed(a), backup = job.layout.backup(a, job.plan.update_id, n);
    UPDATE_TRY(existed, exists(files, live), "look for the live file");
    UPDATE_CHECK(files.remove(backup), "remove an unfinished backup");
    if (!existed) return Backup{};

    Backup kept{.existed = true};
    UPDATE_TRY(original, files.info(live), "look at the live file");
    kept.original = original.id;
    if (auto linked = files.link(live, backup); linked) {
        UPDATE_CHECK(files.flush_directory(backup.parent_path()), "flush");
    } else if (linked.error().code() == ErrorCode::unsupported) {
        UPDATE_TRY(digest, copy_durably(files, job.ports.hashing, live, backup), "copy");
        kept.sha256 = digest;
    } else {
        return Error{linked.error()};
    }
    UPDATE_TRY(info, files.info(backup), "look at the backup");
    kept.id = info.id;
    kept.size_bytes = info.size_bytes;
    return kept;
}

}  // namespace

Event back_up(Job& job) {
    std::vector<Backup> backups;
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        auto kept = back_up_one(job, n);
        if (!kept)
            return because(
                job, reason_of(kept.error(), Reason::io_failed),
                Error{kept.error()}.in(fmt::format("back up {}", job.plan.artifacts[n].install_path)));
        backups.push_back(*kept);
    }
    auto written = write_backups(job.ports.files, job.layout.backups(job.plan.update_id), backups);
    if (!written) return because(job, reason_of(written.error(), Reason::io_failed), written.error());
    return Event::succeeded;
}

}  // namespace update
