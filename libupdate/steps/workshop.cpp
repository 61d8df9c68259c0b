#include "steps/workshop.hpp"

#include <fmt/format.h>
#include <set>

#include "journal/policy_file.hpp"
#include "steps/manifest.hpp"
#include "transfer/source_url.hpp"

namespace update {
namespace {

/// One backup becomes a file that a plan can name: `previous/<n>`.
/// @return nothing when neither is there any more
Result<std::optional<Artifact>> keep_one(Job& job, std::size_t n) {
    Files& files = job.ports.files;
    const Artifact& a = job.plan.artifacts[n];
    const Path backup = job.layout.backup(a, job.plan.update_id, n),
               kept = job.layout.previous() / std::to_string(n);
    UPDATE_TRY(waiting, exists(files, backup), "look for the backup");
    if (waiting) {
        UPDATE_CHECK(files.remove(kept), "replace what was kept before");
        auto moved = files.rename(backup, kept);
        if (!moved && moved.error().code() == ErrorCode::unsupported) {
            auto copied = copy_durably(files, job.ports.hashing, backup, kept);
            if (!copied) return Error{copied.error()};
        } else if (!moved) {
            return Error{moved.error()};
        }
    }
    UPDATE_TRY(there, exists(files, kept), "look for what is kept");
    if (!there) return std::optional<Artifact>{};
    UPDATE_TRY(file, files.open(kept, OpenMode::read), "open what is kept");
    UPDATE_TRY(info, file->info(), "look at what is kept");
    UPDATE_TRY(digest, hash(*file, job.ports.hashing), "hash what is kept");
    return std::optional{
        Artifact{a.role, a.install_path, info.size_bytes, digest, {file_url(kept)}, a.self_test, ""}};
}

/// A helper works from the backup of its own program. Where the system removes no program that runs, it steps
/// aside, for whoever sweeps after the helper's end (os/asides.hpp).
Status remove_backup(Job& job, std::size_t n) {
    Files& files = job.ports.files;
    const Artifact& a = job.plan.artifacts[n];
    const Path backup = job.layout.backup(a, job.plan.update_id, n), aside = job.layout.aside(a);
    auto removed = files.remove(backup);
    if (removed || removed.error().code() != ErrorCode::retry_later || job.actor != Actor::helper)
        return removed;
    UPDATE_CHECK(files.rename(backup, aside), "step aside");
    (void)files.remove(aside);  // other trouble than that may be over
    return done();
}

}  // namespace

Status remove_workshops(Job& job) {
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n)
        UPDATE_CHECK(remove_backup(job, n), "remove backup");
    std::set<Path> workshops;
    for (const Artifact& a : job.plan.artifacts) workshops.insert(job.layout.workshop(a, job.plan.update_id));
    for (const Path& workshop : workshops) {
        UPDATE_CHECK(remove_tree(job.ports.files, workshop), "remove staging and backup");
        UPDATE_CHECK(job.ports.files.flush_directory(workshop.parent_path()), "flush");
    }
    return done();
}

Status keep_previous(Job& job) {
    Files& files = job.ports.files;
    UPDATE_TRY(backups,
               read_backups(files, job.layout.backups(job.plan.update_id), job.plan.artifacts.size()),
               "backups");
    UPDATE_CHECK(files.make_private_directory(job.layout.previous()), "folder for the previous version");
    // Before anything is moved there: a power cut would take what lies in it along with its name.
    UPDATE_CHECK(files.flush_directory(job.layout.state_dir()), "folder for the previous version");
    Plan back{"previous", job.plan.product, job.record.to_version, job.record.from_version, {}};
    back.vouched_by = VouchedBy::endpoint;
    UPDATE_TRY(memory, load_policy_memory(files, job.layout), "policy memory");
    back.epoch = memory.epoch;  // this update's own becomes the floor when it is filed
    for (std::size_t n = 0; n < backups.size(); ++n) {
        if (!backups[n].existed) continue;
        UPDATE_TRY(artifact, keep_one(job, n), fmt::format("keep {}", job.plan.artifacts[n].install_path));
        if (!artifact) {  // half a version is of no use, and no reason not to come to an end
            job.say("the previous version is not kept: its backup is gone");
            return remove_tree(files, job.layout.previous());
        }
        back.artifacts.push_back(*std::move(artifact));
    }
    if (back.artifacts.empty()) return done();
    return write_durably(files, job.layout.previous() / "plan.json", to_json(back));
}

}  // namespace update
