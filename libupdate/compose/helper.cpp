#include "compose/helper.hpp"

#include <cstdio>

#include "compose/applier.hpp"
#include "compose/service_mode.hpp"
#include "compose/watchdog_renewal.hpp"
#include "os/handshake.hpp"
#include "os/program.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds desk_patience = 60s, guardian_look = 50ms, service_end_patience = 10s;

int complain(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    return 1;
}

bool watchdog_runs(Applier& applier) {
    const auto lock = applier.adapters().locks().try_lock(applier.adapters().layout().watchdog_lock());
    return !lock && lock.error().code() == ErrorCode::retry_later;
}

/// The helper that wanted the watchdog renewed still lives and makes the set old itself: first it, then we.
/// But where a service manager has started the watchdog again meanwhile, the two of them need nobody else.
bool wait_for_desk(Applier& applier, std::unique_ptr<Lock>& renewal) {
    const Instant patience = applier.adapters().clock().now() + desk_patience;
    while (!applier.open_desk()) {
        renewal.reset();  // over: the helper waits for no new watchdog any longer
        if (watchdog_runs(applier) || applier.adapters().clock().now() >= patience) return false;
        (void)applier.channel().wait(applier.adapters().clock().now() + guardian_look);
    }
    return true;
}

/// Others look for a moment whether somebody holds it.
Result<std::unique_ptr<Lock>> lock_renewal(Applier& applier) {
    constexpr int tries = 20;
    for (int n = 1;; ++n) {
        auto lock = applier.adapters().locks().try_lock(applier.adapters().layout().guardian_lock());
        if (lock || n == tries || lock.error().code() != ErrorCode::retry_later) return lock;
        (void)applier.channel().wait(applier.adapters().clock().now() + guardian_look / tries);
    }
}

/// Until it is clear how the renewal went. @return true when the new watchdog took over
bool watch_renewal(Applier& applier, const std::string& update_id, const ProcessId& watchdog) {
    Adapters& adapters = applier.adapters();
    Journal journal{adapters.files(), adapters.layout()};
    const Instant limit = adapters.clock().now() + adapters.settings().trial.renew_timeout;
    while (adapters.clock().now() < limit && adapters.processes().alive(watchdog)) {
        const auto record = journal.load().record;
        if (!record || record->update_id != update_id) return true;
        const State state = record->progress.state;
        if (state == State::cleaning_up || state == State::committed) return true;
        if (state != State::renewing_watchdog) return false;  // somebody else found it wanting
        (void)applier.channel().wait(adapters.clock().now() + guardian_look);
    }
    return false;
}

/// The service that asked for it ends by itself.
Result<ProcessId> start_new_watchdog(Applier& applier, const ProcessId& service,
                                     const std::vector<std::string>& arguments) {
    Adapters& adapters = applier.adapters();
    const Instant limit = adapters.clock().now() + service_end_patience;
    while (adapters.processes().alive(service) && adapters.clock().now() < limit)
        (void)applier.channel().wait(adapters.clock().now() + guardian_look);
    UPDATE_CHECK(kill_process(service), "old watchdog");
    UPDATE_TRY(command, (SelfRenewal{adapters, arguments}.fresh_watchdog()), "new watchdog");
    return adapters.processes().break_away(command, adapters.settings().trial.renew_timeout);
}

/// It has shown that it works, and is installed: from now on it runs as the service that it is. What it is
/// about now is journaled, and it goes on with that.
int return_to_service(Applier& applier, const ProcessId& watchdog) {
    if (auto ended = kill_process(watchdog); !ended) return complain(ended.error());
    const auto restarted = restart_watchdog_service(applier.adapters().settings());
    return restarted && !*restarted ? complain(restarted->error()) : 0;
}

/// A helper that was killed after its handshake is started again by the service manager, and nobody waits for
/// its answer then.
bool is_for_helper(Adapters& adapters, const std::string& update_id) {
    const auto record = Journal{adapters.files(), adapters.layout()}.load().record;
    return record && record->update_id == update_id && record->route == Route::self_update &&
           is_after_hand_over(record->progress.state);
}

}  // namespace

int run_helper(const Settings& settings, const std::string& update_id) {
    auto applier = Applier::make(settings, "helper");
    if (!applier) return complain(applier.error());
    if (auto opened = (*applier)->open_desk(); !opened) return complain(opened.error());
    if (auto answered = answer_handshake(); !answered && answered.error().code() == ErrorCode::timed_out &&
                                            !is_for_helper((*applier)->adapters(), update_id)) {
        (void)complain(answered.error());
        return 0;  // the starter has taken another way, and nobody is to start this one again
    }
    RemoteRenewal renewal{(*applier)->adapters(), (*applier)->channel()};
    // It may stand in for a helper that died; that is counted, or helpers could die in one state for ever.
    const Halt halt = (*applier)->apply(renewal, Entry::after_crash);
    if (halt != Halt::busy) (*applier)->leave_agent_running();
    return 0;
}

int run_renewal_guardian(const Settings& settings, const Guarded& guarded) {
    auto applier = Applier::make(settings, "helper");
    if (!applier) return complain(applier.error());
    Adapters& adapters = (*applier)->adapters();
    auto watchdog = find_process(guarded.watchdog_pid);
    auto lock = lock_renewal(**applier);
    if (!lock) return complain(lock.error());
    if (auto answered = answer_handshake(); !answered) return complain(answered.error());
    if (!watchdog) return complain(watchdog.error());

    if (guarded.starts_the_new_one) watchdog = start_new_watchdog(**applier, *watchdog, guarded.arguments);
    if (watchdog && watch_renewal(**applier, guarded.update_id, *watchdog))
        return guarded.starts_the_new_one ? return_to_service(**applier, *watchdog) : 0;
    if (!watchdog) (void)complain(watchdog.error());
    if (const Status ended = watchdog ? kill_process(*watchdog) : done(); !ended)
        return complain(ended.error());
    // Whatever comes out: a watchdog is what the endpoint needs now.
    if (wait_for_desk(**applier, *lock)) {
        FailedRenewal renewal;
        const Halt halt = (*applier)->apply(renewal, Entry::after_crash);
        if (halt != Halt::busy) (*applier)->leave_agent_running();
        // Another one of our supervisor's has taken the update over, and with it the agent.
        if (halt == Halt::busy && watchdog_runs(**applier)) return 0;
    } else if (watchdog_runs(**applier)) {
        return 0;
    }
    if (const auto restarted = restart_watchdog_service(adapters.settings()))
        return *restarted ? 0 : complain(restarted->error());
    const Path installed = adapters.settings().install_root / adapters.settings().watchdog_path;
    return complain(become(installed, installed, guarded.arguments));
}

}  // namespace update
