#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

#include <update/exit_code.hpp>

#include "compose/apply.hpp"
#include "compose/helper.hpp"
#include "compose/service_mode.hpp"
#include "compose/watchdog_process.hpp"
#include "durable/durable.hpp"
#include "os/handshake.hpp"
#include "os/notify.hpp"
#include "os/program.hpp"

namespace update {

using namespace std::chrono_literals;
constexpr milliseconds hand_over_patience = 30s, hand_over_look = 2ms, busy_look = 500ms;

WatchdogProcess::WatchdogProcess(Adapters& adapters, WatchdogOptions options)
    : adapters_{adapters},
      options_{std::move(options)},
      renewal_{adapters_, options_.arguments},
      // A large set takes longer than a service manager waits for a sign of life, and than a client for its
      // answer.
      hashing_{adapters_.hashing(), adapters_.clock(), [this] { loop_->run_once(now()); }},
      interval_{adapters_.settings().supervision.interval},
      neighbours_{make_neighbours()},
      watchlist_{*neighbours_, adapters_.settings().supervision, adapters_.random(),
                 [this](std::string_view kind, const std::string& message) {
                     options_.log(message);
                     options_.alert(kind, message);
                 }} {}

Status WatchdogProcess::open() {
    const Layout& layout = adapters_.layout();
    for (const Path& folder : {layout.state_dir(), layout.run(), layout.updates(), layout.outcomes()})
        UPDATE_CHECK(adapters_.files().make_private_directory(folder), "watchdog");
    UPDATE_TRY(loop, EventLoop::create(), "watchdog");
    loop_ = std::move(loop);
    UPDATE_CHECK(loop_->watch_requests([this](EventLoop::Request request) { on_request(request); }),
                 "watchdog");
    channel_ = std::make_unique<LoopChannel>(*loop_, layout.watchdog_socket());
    UPDATE_TRY(lock, lock_instance(), "another watchdog of this state directory");
    instance_lock_ = std::move(lock);
    UPDATE_TRY(services,
               make_supervision(*loop_, adapters_, Supervisor::this_process,
                                [this](const std::string& program, const std::optional<ExitStatus>& exit) {
                                    on_exit(program, exit);
                                }),
               "watchdog");
    services_ = std::move(services);
    IpcServerOptions desk;
    desk.socket = layout.watchdog_socket();
    desk.visibility =
        adapters_.settings().runtime_dir.empty() ? Visibility::owner_only : Visibility::public_status;
    desk.may_confirm = [this](const Peer& peer) { return services_->supervises(peer.pid); };
    UPDATE_TRY(server,
               IpcServer::open(
                   *loop_, std::move(desk),
                   [this](const ipc::Request& request, const Peer& peer) { return answer(request, peer); }),
               "watchdog");
    server_ = std::move(server);
    ports_.emplace(adapters_.ports(*services_, *channel_, renewal_, hashing_));
    engine_.emplace(adapters_.settings(), layout, *ports_, adapters_.machine(), Actor::watchdog, observer());
    keeper_.emplace(adapters_, *services_, options_.log, options_.alert);
    return services_->adopt();
}

int WatchdogProcess::run() {
    tell_service_manager(Life::ready);
    show_life();
    while (!stopping_) {
        tend_update();
        if (stopping_) break;
        roll_back_if_asked();
        if (enabled_ && !others_work_) keeper_->tend_all();
        if (enabled_) watchlist_.look(now());
        (void)channel_->wait(next_look());  // what it brings has been noted by the callbacks below
    }
    if (auto released = services_->release(); !released) options_.log(released.error().message());
    return 0;
}

/// A handful of tries: an agent that asks whether a watchdog lives holds the lock for a moment.
Result<std::unique_ptr<Lock>> WatchdogProcess::lock_instance() {
    constexpr int tries = 20;
    for (int n = 1;; ++n) {
        auto lock = adapters_.locks().try_lock(adapters_.layout().watchdog_lock());
        if (lock || n == tries || lock.error().code() != ErrorCode::retry_later) return lock;
        (void)channel_->wait(now() + 10ms);
    }
}

Observer WatchdogProcess::observer() {
    Observer observer;
    observer.note = [this](const Record& r, std::string_view note) {
        options_.log(fmt::format("update {}: {}", r.update_id, note));
    };
    observer.connected = [this] { return agent_connected_; };
    return observer;
}

// --- the update in progress

void WatchdogProcess::tend_update() {
    if (!handed_over_.empty()) return take_over();
    const auto record = engine_->record();
    others_work_ = false;
    if (record && record->filed) tell_of_end_by_others(*record);
    if (!record || record->filed) {
        tidy();
        return aside_sweep_.tend();
    }
    // A download that waits for the network, or a clean-up that fails and rests, keeps nobody down.
    if (enabled_ && !is_applied(record->progress.state)) keeper_->tend_all();
    after(resume(Entry::after_crash), record->progress.state);
}

Result<Halt> WatchdogProcess::resume(Entry entry) {
    applying_ = true;
    auto halt = engine_->resume(entry);
    applying_ = false;
    return halt;
}

/// The agent releases the journal right after our answer; until then the lock is busy.
void WatchdogProcess::take_over() {
    const std::string update_id = std::exchange(handed_over_, "");
    const Instant patience = now() + hand_over_patience;
    for (;;) {
        const auto halt = resume(Entry::hand_over);
        if (!halt || *halt != Halt::busy || now() >= patience || stopping_)
            return after(halt, State::verifying);
        (void)channel_->wait(now() + hand_over_look);
    }
}

void WatchdogProcess::after(const Result<Halt>& halt, State state) {
    if (!halt) {
        tidying_.call();
        return options_.log(halt.error().message());
    }
    if (*halt == Halt::ended) {
        aside_sweep_.call();
        if (const auto record = engine_->record(); record && record->update_id != told_of_)
            tell_of_end(*record);
    }
    // While a helper applies, starting and stopping the agent is its business.
    others_work_ = *halt == Halt::busy && is_applied(state);
}

void WatchdogProcess::tell_of_end(const Record& record) {
    told_of_ = record.update_id;
    options_.alert("update-ended",
                   fmt::format("{} {} -> {}: {} {}", record.update_id, record.from_version, record.to_version,
                               row(record.progress.state).name, record.message));
}

/// Ended badly by agent, helper, guard or an operator, or by an earlier watchdog whose alert may have died
/// with it. The agent tells the server, so this is only about an end that it has not told yet: it may be
/// down.
void WatchdogProcess::tell_of_end_by_others(const Record& record) {
    if (record.update_id == told_of_) return;
    const bool waits = exists(adapters_.files(), adapters_.layout().outcome(record.update_id)).value_or(true);
    if (waits && record.progress.state != State::committed) return tell_of_end(record);
    told_of_ = record.update_id;
}

/// Outside of a trial: the kept previous version becomes an update of its own, applied right here.
void WatchdogProcess::roll_back_if_asked() {
    if (!std::exchange(roll_back_wanted_, false)) return;
    const Path request = adapters_.layout().roll_back_request();
    const auto update_id = read_text(adapters_.files(), request, 256);
    if (!update_id) {
        roll_back_wanted_ = update_id.error().code() != ErrorCode::not_found;
        return;
    }
    if (const auto plan = previous_version(adapters_, *update_id)) {
        applying_ = true;
        const auto halt = apply_here(adapters_, *ports_, *plan, Downgrade::allowed, observer());
        applying_ = false;
        after(halt, State::verifying);
    } else {
        options_.log(plan.error().message());
    }
    const auto removed = adapters_.files().remove(request);
    if (!removed) options_.log(removed.error().message());
    roll_back_wanted_ = !removed;
}

/// An earlier watchdog may have died over an update that the journal does not know.
void WatchdogProcess::tidy() {
    if (!tidying_.is_due(now())) return;
    if (engine_->tidy())
        tidying_.succeeded();
    else
        tidying_.failed(now());
}

// --- the programs

/// Within a trial the agent's exit is evidence, and a companion's crash may be: the engine looks, and
/// starts it again. Everything else is restarted as always, and so is everything before and after the
/// exchange.
void WatchdogProcess::on_exit(const std::string& program, const std::optional<ExitStatus>& exit) {
    const bool is_agent = program == adapters_.settings().programs.front().name;
    if (is_agent) {
        agent_connected_ = false;
        channel_->push({.kind = Signal::Kind::agent_exited});
        const auto record = engine_->record();
        if (applying_ && (!record || is_applied(record->progress.state))) return;
    } else if (applying_ && has_failed(exit)) {
        channel_->push({.kind = Signal::Kind::woken});
    }
    const auto start_at = keeper_->exited(program, exit);
    // Also for an update that is taken up in the meantime.
    if (start_at) loop_->call_at(*start_at, [this, program] { tend_within_update(program); });
}

void WatchdogProcess::tend_within_update(const std::string& program) {
    const auto record = engine_->record();
    if (!applying_ || !record) return;
    const State state = record->progress.state;
    if (is_waiting(state) || (enabled_ && !is_applied(state))) keeper_->tend(program);
}

/// By a timer of the loop that does all the work: it stops when the loop hangs.
void WatchdogProcess::show_life() {
    const auto period = life_period();
    if (!period) return;
    tell_service_manager(Life::alive);
    loop_->call_at(now() + *period, [this] { show_life(); });
}

void WatchdogProcess::on_request(EventLoop::Request request) {
    if (request == EventLoop::Request::reload) return;
    tell_service_manager(Life::stopping);
    stopping_ = true;
    channel_->push({.kind = Signal::Kind::stopping});
}

Instant WatchdogProcess::next_look() const {
    Instant next = now() + (others_work_ ? AwakeClock::duration{busy_look} : AwakeClock::duration{interval_});
    // What is not started now, because others work or nothing is to be started, is no reason to wake up.
    if (const auto start = keeper_->next_start(); start && !others_work_ && enabled_)
        next = std::min(next, *start);
    if (const auto start = watchlist_.next_start(); start && enabled_) next = std::min(next, *start);
    return handed_over_.empty() ? next : now();
}

std::optional<std::vector<std::string>> arguments_of_guarded(int argc, const char* const* argv) {
    if (argc < 4 || (argv[1] != guardian_word && argv[1] != service_guardian_word)) return std::nullopt;
    return std::vector<std::string>{argv + 4, argv + argc};
}

int run_guardian(int argc, const char* const* argv, const Settings& settings) {
    const auto arguments = arguments_of_guarded(argc, argv);
    if (!arguments) return static_cast<int>(AgentExit::bad_invocation);
    return run_renewal_guardian(settings, {argv[2], std::strtoll(argv[3], nullptr, 10), *arguments,
                                           argv[1] == service_guardian_word});
}

Result<int> run_watchdog(Settings settings, WatchdogOptions options) {
    UPDATE_TRY(adapters, Adapters::make(std::move(settings)), "watchdog");
    WatchdogProcess watchdog{*adapters, std::move(options)};
    UPDATE_CHECK(watchdog.open(), "watchdog");
    // A guardian that has started it wants to know; otherwise nobody waits.
    if (auto answered = answer_handshake(); !answered && answered.error().code() == ErrorCode::timed_out)
        return std::move(answered).error().in("watchdog");
    return watchdog.run();
}

}  // namespace update
