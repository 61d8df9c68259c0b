#include "compose/watchdog_renewal.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "durable/durable.hpp"
#include "ipc/message.hpp"
#include "journal/journal.hpp"
#include "os/ipc_client.hpp"
#include "os/program.hpp"
#include "os/service_main.hpp"

namespace update {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds handshake_timeout = 10s, look_period = 50ms, peer_timeout = 2s,
                                    absent_patience = 15s;
constexpr int guardian_tries = 3;

/// Where the two watchdogs of the update in progress lie.
struct SelfRenewal::Files {
    Path installed;
    Path fresh;         ///< staged, or installed already
    Path backup;        ///< the guardian runs from it, so that neither of the others is in use by it
    Artifact artifact;  ///< what the fresh one has to be
    std::string update_id;
};

Result<SelfRenewal::Files> SelfRenewal::files() const {
    const Layout& layout = adapters_.layout();
    const auto record = Journal{adapters_.files(), layout}.load().record;
    if (!record) return Error{ErrorCode::bug, "no update is in progress"};
    UPDATE_TRY(text, read_text(adapters_.files(), layout.plan(record->update_id), max_plan_json_bytes),
               "plan");
    UPDATE_TRY(plan, parse_plan(text), "plan");
    for (std::size_t n = 0; n < plan.artifacts.size(); ++n) {
        const Artifact& a = plan.artifacts[n];
        if (a.role != Role::watchdog) continue;
        const Path staged = layout.staged(a, plan.update_id, n);
        UPDATE_TRY(waits, exists(adapters_.files(), staged), "look for the new watchdog");
        UPDATE_TRY(proven, adapters_.verifier().prove(plan, Expiry::passed_over), "new watchdog");
        return Files{layout.installed(a), waits ? staged : layout.installed(a),
                     layout.backup(a, plan.update_id, n), proven[n].artifact(), plan.update_id};
    }
    return Error{ErrorCode::bug, "the set holds no watchdog"};
}

/// Whoever asked for it: this process becomes only what was signed.
Status SelfRenewal::is_promised(const Files& found) const {
    UPDATE_TRY(file, adapters_.files().open(found.fresh, OpenMode::read), "open");
    UPDATE_TRY(digest, hash(*file, adapters_.hashing()), "hash");
    if (digest == found.artifact.sha256) return done();
    return Error{ErrorCode::corrupt, fmt::format("{} is not what was signed", found.fresh.string())};
}

Result<bool> SelfRenewal::is_renewed() const {
    UPDATE_TRY(found, files(), "watchdogs");
    return runs_image(found.fresh);
}

Result<Command> SelfRenewal::fresh_watchdog() const {
    UPDATE_TRY(found, files(), "watchdogs");
    UPDATE_CHECK(is_promised(found), "new watchdog");
    return Command{found.fresh, arguments_, {}};
}

Status SelfRenewal::renew_watchdog(std::chrono::milliseconds) {
    UPDATE_TRY(found, files(), "watchdogs");
    UPDATE_TRY(renewed, runs_image(found.fresh), "look at the running watchdog");
    if (renewed) return done();
    UPDATE_CHECK(is_promised(found), "new watchdog");
    const bool service = is_bound_service();
    Command command{found.backup,
                    {std::string{service ? service_guardian_word : guardian_word}, found.update_id,
                     std::to_string(adapters_.processes().self().pid)},
                    {}};
    command.arguments.insert(command.arguments.end(), arguments_.begin(), arguments_.end());
    // One that is killed before it answers is no verdict on the new watchdog.
    auto guardian = adapters_.processes().break_away(command, handshake_timeout);
    for (int tries = 1; !guardian && tries < guardian_tries; ++tries)
        guardian = adapters_.processes().break_away(command, handshake_timeout);
    if (!guardian) return std::move(guardian).error().in("start guardian");
    if (service) leave_service();
    // Comes back only when the new program cannot be loaded.
    return become(found.fresh, found.installed, arguments_);
}

bool is_renewal_under_way(Adapters& adapters) {
    const auto lock = adapters.locks().try_lock(adapters.layout().guardian_lock());
    return !lock && lock.error().code() == ErrorCode::retry_later;
}

Status RemoteRenewal::renew_watchdog(std::chrono::milliseconds timeout) {
    const Settings& settings = adapters_.settings();
    const Instant limit = adapters_.clock().now() + timeout;
    ipc::Request renew;
    renew.type = ipc::Type::renew;
    // One that died a moment ago is started again by whoever supervises it. One that answered and then is
    // gone has failed, unless it comes back.
    bool answered = false;
    const auto patience = std::min<std::chrono::milliseconds>(absent_patience, timeout / 2);
    Instant now = adapters_.clock().now(), last_seen = now;
    for (; now < limit; now = adapters_.clock().now()) {
        const auto reply = ask(adapters_.layout().watchdog_socket(), renew, peer_timeout);
        if (reply && reply->ok && reply->message == "renewed") return done();
        const bool under_way = is_renewal_under_way(adapters_);
        answered |= reply.has_value() || under_way;
        const bool absent = !reply && reply.error().code() == ErrorCode::not_found;
        if (!absent || under_way) last_seen = now;
        if (now - last_seen >= patience) {
            if (answered) break;
            return Error{ErrorCode::not_found, "no watchdog runs"};
        }
        (void)channel_.wait(adapters_.clock().now() + look_period);
    }
    return Error{ErrorCode::timed_out, fmt::format("the watchdog did not become {}", settings.watchdog_path)};
}

}  // namespace update
