// Puts each verified artifact beside the file that it will replace, so that the swap is one rename on one
// volume.
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "steps/step.hpp"

namespace update {
namespace {

constexpr std::uint32_t program_mode = 0755, file_mode = 0644;

/// The staged file carries the owner, mode and labels of what it replaces (security rule R11).
Status take_over_properties(Job& job, const Artifact& a, File& staged) {
    auto live = job.ports.files.open(job.layout.installed(a), OpenMode::read);
    if (live) return staged.copy_properties(**live);
    if (live.error().code() != ErrorCode::not_found) return Error{live.error()};
    return staged.set_mode(a.role == Role::file ? file_mode : program_mode);
}

Status check_machine(Job& job, File& staged) {
    std::array<std::byte, executable_header_bytes> head{};
    UPDATE_TRY(count, staged.read(0, head), "read header");
    return check_executable_header(std::span{head}.first(count), job.machine);
}

Status move_or_copy(Job& job, const Path& partial, const Path& staged) {
    auto moved = job.ports.files.rename(partial, staged);
    if (moved || moved.error().code() != ErrorCode::unsupported) return moved;
    UPDATE_CHECK(job.ports.files.remove(staged), "remove an unfinished copy");
    const Path copy = staged.parent_path() / (staged.filename().string() + ".copy");
    UPDATE_CHECK(job.ports.files.remove(copy), "remove an unfinished copy");
    const auto copied = copy_durably(job.ports.files, job.ports.hashing, partial, copy);
    if (!copied) return Error{copied.error()};
    return job.ports.files.rename(copy, staged);
}

Status stage_one(Job& job, const VerifiedArtifact& verified) {
    const Artifact& a = verified.artifact();
    const std::size_t n = verified.index();
    const Path staged = job.layout.staged(a, job.plan.update_id, n);
    UPDATE_CHECK(job.ports.files.make_private_directory(staged.parent_path()), "staging folder");
    // Its own name too, or a power cut takes the folder with all that lies in it.
    UPDATE_CHECK(job.ports.files.flush_directory(staged.parent_path().parent_path()), "staging folder");
    UPDATE_TRY(there, exists(job.ports.files, staged), "look for staged artifact");
    if (!there) UPDATE_CHECK(move_or_copy(job, job.layout.partial(job.plan.update_id, n), staged), "stage");
    UPDATE_TRY(file, job.ports.files.open(staged, OpenMode::read_write), "open staged artifact");
    if (a.role != Role::file)
        if (auto fits = check_machine(job, *file); !fits) return fits;
    UPDATE_CHECK(take_over_properties(job, a, *file), "properties");
    UPDATE_CHECK(file->flush(), "flush");
    return job.ports.files.flush_directory(staged.parent_path());
}

}  // namespace

Event stage(Job& job) {
    const auto proven = job.ports.verifier.prove(job.plan, Expiry::passed_over);
    if (!proven) return because(job, reason_of_mistrust(proven.error()), proven.error());
    for (const VerifiedArtifact& verified : *proven) {
        auto staged = stage_one(job, verified);
        if (staged) continue;
        const Reason otherwise =
            staged.error().code() == ErrorCode::unsupported ? Reason::wrong_machine : Reason::io_failed;
        return because(job, reason_of(staged.error(), otherwise),
                       Error{staged.error()}.in(fmt::format("stage {}", verified.artifact().install_path)));
    }
    return Event::succeeded;
}

}  // namespace update
