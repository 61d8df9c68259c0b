#include "steps/backups.hpp"

#include <fmt/format.h>

namespace update {

bool is_old(const FileInfo& info, const Backup& backup) {
    const bool is_known =
        is_same_after_restart(info.id, backup.id) || is_same_after_restart(info.id, backup.original);
    return is_known && info.size_bytes == backup.size_bytes;
}

Result<std::vector<Backup>> backups_of(Job& job) {
    return read_backups(job.ports.files, job.layout.backups(job.plan.update_id), job.plan.artifacts.size());
}

Result<std::unique_ptr<File>> open_backup(Job& job, std::size_t n, const Backup& backup) {
    const Artifact& a = job.plan.artifacts[n];
    UPDATE_TRY(file, job.ports.files.open(job.layout.backup(a, job.plan.update_id, n), OpenMode::read),
               "open backup");
    UPDATE_TRY(info, file->info(), "look at backup");
    if (!is_old(info, backup)) return Error{ErrorCode::corrupt, "the backup is not the file that was kept"};
    return std::move(file);
}

Status check_backups(Job& job) {
    UPDATE_TRY(backups, backups_of(job), "backups");
    for (std::size_t n = 0; n < backups.size(); ++n)
        if (backups[n].existed)
            UPDATE_CHECK(open_backup(job, n, backups[n]),
                         fmt::format("backup of {}", job.plan.artifacts[n].install_path));
    return done();
}

}  // namespace update
