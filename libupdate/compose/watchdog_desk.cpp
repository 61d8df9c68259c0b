// The watchdog's desk: what it answers on its socket. Callbacks of the loop, also within a step of an update.
#include <fmt/format.h>

#include "compose/apply.hpp"
#include "compose/cancel_request.hpp"
#include "compose/status.hpp"
#include "compose/trial_desk.hpp"
#include "compose/watchdog_process.hpp"
#include "durable/durable.hpp"

namespace update {

using namespace std::chrono_literals;

ipc::Reply WatchdogProcess::answer(const ipc::Request& request, const Peer& peer) {
    switch (request.type) {
        case ipc::Type::ping:
            return ipc::accepted(options_.version);
        case ipc::Type::status:
            return status();
        case ipc::Type::perform_update:
            return perform_update(request.update_id);
        case ipc::Type::restart_agent:
            return restart_agent();
        case ipc::Type::update_config:
            return update_config(request.config);
        case ipc::Type::confirm:
            agent_connected_ = request.connected;
            return take_sign_of_life(request, peer, *channel_);
        case ipc::Type::cancel:
            return cancel(request.update_id);
        case ipc::Type::roll_back:
            return roll_back();
        case ipc::Type::renew:
            return renew();
    }
    return ipc::rejected(ipc::word::unsupported, "unknown request");
}

bool WatchdogProcess::in_trial() const {
    const auto record = engine_->record();
    return record && !is_terminal(record->progress.state) && is_after_hand_over(record->progress.state);
}

ipc::Reply WatchdogProcess::status() {
    ipc::Reply reply = ipc::accepted();
    reply.status = status_json(adapters_, *services_, options_.version, now());
    return reply;
}

ipc::Reply WatchdogProcess::perform_update(const std::string& update_id) {
    const auto record = engine_->record();
    if (!record || record->update_id != update_id || is_terminal(record->progress.state))
        return ipc::rejected(ipc::word::not_found, fmt::format("no update {} lies prepared here", update_id));
    if (!stopping_ && handed_over_.empty()) handed_over_ = update_id;
    channel_->push({.kind = Signal::Kind::woken});
    return ipc::accepted("taken over");
}

ipc::Reply WatchdogProcess::restart_agent() {
    if (in_trial() || others_work_) return ipc::rejected(ipc::word::busy, "an update is being applied");
    if (auto restarted = keeper_->restart(adapters_.settings().programs.front().name); !restarted)
        return ipc::rejected(restarted.error());
    return ipc::accepted("restarted");
}

ipc::Reply WatchdogProcess::update_config(const ipc::UpdateConfig& config) {
    if (config.services)
        if (auto watched = watchlist_.watch_services(*config.services); !watched)
            return ipc::rejected(watched.error());
    if (config.processes) watchlist_.watch_processes(*config.processes);
    enabled_ = config.enabled.value_or(enabled_);
    if (config.interval_seconds) interval_ = std::chrono::seconds{*config.interval_seconds};
    channel_->push({.kind = Signal::Kind::woken});
    return ipc::accepted(fmt::format("enabled {}, interval {} s", enabled_, interval_ / 1s));
}

/// The request lies on disk, where the owner of the update looks between its steps, whoever that is.
ipc::Reply WatchdogProcess::cancel(const std::string& update_id) {
    const auto wished = wish_cancelled(adapters_.files(), adapters_.layout(), engine_->record(), update_id);
    if (!wished) return ipc::rejected(wished.error());
    channel_->push({.kind = Signal::Kind::cancelled, .update_id = update_id});
    return ipc::accepted("cancelling");
}

ipc::Reply WatchdogProcess::roll_back() {
    if (const auto record = engine_->record(); record && !is_terminal(record->progress.state)) {
        if (in_trial() && cancellable(record, record->update_id)) return cancel(record->update_id);
        return ipc::rejected(ipc::word::busy, fmt::format("update {} is in progress ({})", record->update_id,
                                                          row(record->progress.state).name));
    }
    const auto plan = previous_version(adapters_);
    if (!plan) return ipc::rejected(plan.error());
    // On disk before it is promised: the next watchdog keeps the word of one that dies now.
    if (auto noted =
            write_durably(adapters_.files(), adapters_.layout().roll_back_request(), plan->update_id);
        !noted)
        return ipc::rejected(noted.error());
    roll_back_wanted_ = true;
    channel_->push({.kind = Signal::Kind::woken});
    return ipc::accepted("rolling back to the previous version");
}

ipc::Reply WatchdogProcess::renew() {
    const auto renewed = renewal_.is_renewed();
    if (renewed && *renewed) return ipc::accepted("renewed");
    loop_->call_at(now(), [this] {
        if (auto failed = renewal_.renew_watchdog(0ms); !failed) options_.log(failed.error().message());
    });
    return ipc::accepted("renewing");
}

}  // namespace update
