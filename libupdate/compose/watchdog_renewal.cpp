#include "compose/watchdog_renewal.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "durable/durable.hpp"
#include "ipc/message.hpp"
#include "journal/journal.hpp"
#include "os/ipc_client.hpp"
#include "os/program.hpp"

namespace update {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds handshake_timeout = 10s, look_period = 50ms, peer_timeout = 2s;

/// The guardian must not be the program on trial: it runs from the backup.
Result<Path> SelfRenewal::old_program() const {
    const Layout& layout = adapters_.layout();
    const auto record = Journal{adapters_.files(), layout}.load().record;
    if (!record) return Error{ErrorCode::bug, "no update is in progress"};
    UPDATE_TRY(text, read_text(adapters_.files(), layout.plan(record->update_id), 1 << 20), "plan");
    UPDATE_TRY(plan, parse_plan(text), "plan");
    for (std::size_t n = 0; n < plan.artifacts.size(); ++n)
        if (plan.artifacts[n].role == Role::watchdog)
            return layout.backup(plan.artifacts[n], plan.update_id, n);
    return Error{ErrorCode::bug, "the set holds no watchdog"};
}

Status SelfRenewal::renew_watchdog(std::chrono::milliseconds) {
    const Settings& settings = adapters_.settings();
    const Path installed = settings.install_root / settings.watchdog_path;
    UPDATE_TRY(renewed, runs_image(installed), "look at the running watchdog");
    if (renewed) return done();
    UPDATE_TRY(guardian, old_program(), "guardian");
    const auto record = Journal{adapters_.files(), adapters_.layout()}.load().record;
    Command command{
        guardian,
        {"--update-guardian", record->update_id, std::to_string(adapters_.processes().self().pid)},
        {}};
    command.arguments.insert(command.arguments.end(), arguments_.begin(), arguments_.end());
    UPDATE_TRY(process, adapters_.processes().break_away(command, handshake_timeout), "start guardian");
    (void)process;
    return become(installed, arguments_);  // comes back only when the new program cannot be loaded
}

/// Between the old watchdog's last answer and the new one's first there is only the guardian.
bool RemoteRenewal::is_under_way() const {
    const auto lock = adapters_.locks().try_lock(adapters_.layout().guardian_lock());
    return !lock && lock.error().code() == ErrorCode::retry_later;
}

Status RemoteRenewal::renew_watchdog(std::chrono::milliseconds timeout) {
    const Settings& settings = adapters_.settings();
    const Instant limit = adapters_.clock().now() + timeout;
    ipc::Request renew;
    renew.type = ipc::Type::renew;
    const auto asked = ask(adapters_.layout().watchdog_socket(), renew, peer_timeout);
    if (!asked && asked.error().code() == ErrorCode::not_found && !is_under_way())
        return done();  // the next start takes the installed one
    while (adapters_.clock().now() < limit) {
        const auto reply = ask(adapters_.layout().watchdog_socket(), renew, peer_timeout);
        if (reply && reply->ok && reply->message == "renewed") return done();
        (void)channel_.wait(adapters_.clock().now() + look_period);
    }
    return Error{ErrorCode::timed_out, fmt::format("the watchdog did not become {}", settings.watchdog_path)};
}

}  // namespace update
