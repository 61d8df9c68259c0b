#include "steps/install.hpp"

namespace update {

Status install_sealed(Job& job, std::size_t n, const Seal& seal) {
    Files& files = job.ports.files;
    const Artifact& a = job.plan.artifacts[n];
    const Path staged = job.layout.staged(a, job.plan.update_id, n), live = job.layout.installed(a);
    const auto ready = files.info(staged);
    if (!ready && ready.error().code() == ErrorCode::not_found) {
        UPDATE_TRY(installed, files.info(live), "neither staged nor installed");
        if (installed.id == seal.id && installed.size_bytes == seal.size_bytes) return done();
        return Error{ErrorCode::corrupt, "the staged file is gone and the live file is not it"};
    }
    if (!ready) return Error{ready.error()};
    if (Seal{ready->id, ready->size_bytes, ready->changed_ns} != seal)
        return Error{ErrorCode::corrupt, "the staged file changed after it was verified"};
    return files.rename(staged, live);
}

}  // namespace update
