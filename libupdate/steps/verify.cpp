// The applying side trusts nobody: it hashes every staged artifact again, through the file that it will
// install, and seals what it saw. Runs while the old version still works, so it costs no downtime.
#include <fmt/format.h>

#include "steps/backups.hpp"

namespace update {
namespace {

Result<Seal> verify_one(Job& job, const VerifiedArtifact& verified) {
    const Artifact& a = verified.artifact();
    const Path staged = job.layout.staged(a, job.plan.update_id, verified.index());
    UPDATE_TRY(file, job.ports.files.open(staged, OpenMode::read), "open");
    UPDATE_TRY(before, file->info(), "look");
    if (before.link_count != 1)
        return Error{ErrorCode::refused, fmt::format("staged file has {} names, not one", before.link_count)};
    UPDATE_TRY(digest, hash(*file, job.ports.hashing), "hash");
    UPDATE_TRY(after, file->info(), "look again");
    if (digest != a.sha256 || after.size_bytes != a.size_bytes || after.changed_ns != before.changed_ns)
        return Error{ErrorCode::corrupt,
                     fmt::format("sha256 is {} over {} bytes, promised {} over {}", to_hex(digest),
                                 after.size_bytes, to_hex(a.sha256), a.size_bytes)};
    return Seal{after.id, after.size_bytes, after.changed_ns};
}

}  // namespace

Event verify(Job& job) {
    // Whoever asked for it: is this what was signed, and does anybody vouch for it still?
    const auto proven = job.ports.verifier.prove(job.plan, Expiry::judged);
    if (!proven) return because(job, reason_of_mistrust(proven.error()), proven.error());
    std::vector<Seal> seals;
    for (const VerifiedArtifact& verified : *proven) {
        auto seal = verify_one(job, verified);
        if (!seal)
            return because(
                job, reason_of(seal.error(), Reason::corrupt),
                Error{seal.error()}.in(fmt::format("verify {}", verified.artifact().install_path)));
        seals.push_back(*seal);
    }
    // From here on the old set is given up for the new one. Whoever was here before may have begun to discard
    // this update, and died before that could be journaled.
    if (auto kept = check_backups(job); !kept) return because(job, Reason::io_failed, kept.error());
    auto written = write_seals(job.ports.files, job.layout.seals(job.plan.update_id), seals);
    if (!written) return because(job, reason_of(written.error(), Reason::io_failed), written.error());
    // It is asked to stop next. Journaled with that state, which costs no write of its own.
    job.record.old_last_seen = moment(job.ports.clock);
    return Event::succeeded;
}

}  // namespace update
