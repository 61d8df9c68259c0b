#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>

#include <update/exit_code.hpp>
#include <update/watchdog.hpp>

#include "compose/adapters.hpp"
#include "compose/apply.hpp"
#include "compose/aside_sweep.hpp"
#include "compose/helper.hpp"
#include "compose/program_keeper.hpp"
#include "compose/service_mode.hpp"
#include "compose/status.hpp"
#include "compose/trial_desk.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "engine/engine.hpp"
#include "os/handshake.hpp"
#include "os/ipc_server.hpp"
#include "os/notify.hpp"
#include "os/program.hpp"
#include "supervise/watchlist.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds hand_over_patience = 30s, hand_over_look = 2ms, busy_look = 500ms;

class Watchdog {
 public:
    Watchdog(Adapters& adapters, WatchdogOptions options)
        : adapters_{adapters},
          options_{std::move(options)},
          renewal_{adapters_, options_.arguments},
          interval_{adapters_.settings().supervision.interval},
          neighbours_{make_neighbours()},
          watchlist_{*neighbours_, adapters_.settings().supervision, adapters_.random(),
                     [this](std::string_view kind, const std::string& message) {
                         options_.log(message);
                         options_.alert(kind, message);
                     }} {}

    Status open() {
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
        UPDATE_TRY(
            services,
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
                   IpcServer::open(*loop_, std::move(desk),
                                   [this](const ipc::Request& request, const Peer& peer) {
                                       return answer(request, peer);
                                   }),
                   "watchdog");
        server_ = std::move(server);
        ports_.emplace(adapters_.ports(*services_, *channel_, renewal_));
        engine_.emplace(adapters_.settings(), layout, *ports_, adapters_.machine(), Actor::watchdog,
                        observer());
        keeper_.emplace(adapters_, *services_, options_.log, options_.alert);
        return services_->adopt();
    }

    int run() {
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

 private:
    /// A handful of tries: an agent that asks whether a watchdog lives holds the lock for a moment.
    Result<std::unique_ptr<Lock>> lock_instance() {
        constexpr int tries = 20;
        for (int n = 1;; ++n) {
            auto lock = adapters_.locks().try_lock(adapters_.layout().watchdog_lock());
            if (lock || n == tries || lock.error().code() != ErrorCode::retry_later) return lock;
            (void)channel_->wait(now() + 10ms);
        }
    }

    Observer observer() {
        Observer observer;
        observer.note = [this](const Record& r, std::string_view note) {
            options_.log(fmt::format("update {}: {}", r.update_id, note));
        };
        observer.connected = [this] { return agent_connected_; };
        return observer;
    }

    Instant now() const { return adapters_.clock().now(); }

    // --- the update in progress
    // -------------------------------------------------------------------------------------

    void tend_update() {
        if (!handed_over_.empty()) return take_over();
        const auto record = engine_->record();
        others_work_ = false;
        if (!record || record->filed) return aside_sweep_.tend();
        after(resume(Entry::after_crash), record->progress.state);
    }

    Result<Halt> resume(Entry entry) {
        applying_ = true;
        auto halt = engine_->resume(entry);
        applying_ = false;
        return halt;
    }

    /// The agent releases the journal right after our answer; until then the lock is busy.
    void take_over() {
        const std::string update_id = std::exchange(handed_over_, "");
        const Instant patience = now() + hand_over_patience;
        for (;;) {
            const auto halt = resume(Entry::hand_over);
            if (!halt || *halt != Halt::busy || now() >= patience || stopping_)
                return after(halt, State::verifying);
            (void)channel_->wait(now() + hand_over_look);
        }
    }

    void after(const Result<Halt>& halt, State state) {
        if (!halt) return options_.log(halt.error().message());
        if (*halt == Halt::ended) {
            aside_sweep_.call();
            const auto record = engine_->record();
            options_.alert("update-ended", fmt::format("{} {} -> {}: {} {}", record->update_id,
                                                       record->from_version, record->to_version,
                                                       row(record->progress.state).name, record->message));
        }
        // While a helper applies, starting and stopping the agent is its business.
        others_work_ = *halt == Halt::busy && (row(state).owner == Owner::applier || state == State::exiting);
    }

    /// Outside of a trial: the kept previous version becomes an update of its own, applied right here.
    void roll_back_if_asked() {
        if (!std::exchange(roll_back_wanted_, false)) return;
        const auto plan = previous_version(adapters_);
        if (!plan) return options_.log(plan.error().message());
        applying_ = true;
        const auto halt = apply_here(adapters_, *ports_, *plan, Downgrade::allowed, observer());
        applying_ = false;
        after(halt, State::verifying);
    }

    // --- the programs
    // ------------------------------------------------------------------------------------------------

    /// Within a trial the agent's exit is evidence, and a companion's crash may be: the engine looks, and
    /// starts it again. Everything else is restarted as always.
    void on_exit(const std::string& program, const std::optional<ExitStatus>& exit) {
        const bool is_agent = program == adapters_.settings().programs.front().name;
        if (is_agent) {
            agent_connected_ = false;
            channel_->push({.kind = Signal::Kind::agent_exited});
            if (applying_) return;
        } else if (applying_ && has_failed(exit)) {
            channel_->push({.kind = Signal::Kind::woken});
        }
        const auto start_at = keeper_->exited(program, exit);
        if (start_at && applying_) loop_->call_at(*start_at, [this, program] { tend_within_trial(program); });
    }

    void tend_within_trial(const std::string& program) {
        const auto record = engine_->record();
        if (applying_ && record && is_waiting(record->progress.state)) keeper_->tend(program);
    }

    /// By a timer of the loop that does all the work: it stops when the loop hangs.
    void show_life() {
        const auto period = life_period();
        if (!period) return;
        tell_service_manager(Life::alive);
        loop_->call_at(now() + *period, [this] { show_life(); });
    }

    void on_request(EventLoop::Request request) {
        if (request == EventLoop::Request::reload) return;
        tell_service_manager(Life::stopping);
        stopping_ = true;
        channel_->push({.kind = Signal::Kind::stopping});
    }

    Instant next_look() const {
        Instant next =
            now() + (others_work_ ? AwakeClock::duration{busy_look} : AwakeClock::duration{interval_});
        // What is not started now, because others work or nothing is to be started, is no reason to wake up.
        if (const auto start = keeper_->next_start(); start && !others_work_ && enabled_)
            next = std::min(next, *start);
        if (const auto start = watchlist_.next_start(); start && enabled_) next = std::min(next, *start);
        return handed_over_.empty() ? next : now();
    }

    // --- the desk
    // ----------------------------------------------------------------------------------------------------

    ipc::Reply answer(const ipc::Request& request, const Peer& peer) {
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

    bool in_trial() const {
        const auto record = engine_->record();
        return record && !is_terminal(record->progress.state) && is_after_hand_over(record->progress.state);
    }

    ipc::Reply status() {
        ipc::Reply reply = ipc::accepted();
        reply.status = status_json(adapters_, *services_, options_.version, now());
        return reply;
    }

    ipc::Reply perform_update(const std::string& update_id) {
        const auto record = engine_->record();
        if (!record || record->update_id != update_id || is_terminal(record->progress.state))
            return ipc::rejected(ipc::word::not_found,
                                 fmt::format("no update {} lies prepared here", update_id));
        if (!stopping_ && handed_over_.empty()) handed_over_ = update_id;
        channel_->push({.kind = Signal::Kind::woken});
        return ipc::accepted("taken over");
    }

    ipc::Reply restart_agent() {
        if (in_trial() || others_work_) return ipc::rejected(ipc::word::busy, "an update is being applied");
        if (auto restarted = keeper_->restart(adapters_.settings().programs.front().name); !restarted)
            return ipc::rejected(restarted.error());
        return ipc::accepted("restarted");
    }

    ipc::Reply update_config(const ipc::UpdateConfig& config) {
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
    ipc::Reply cancel(const std::string& update_id) {
        const auto record = engine_->record();
        if (!record || record->update_id != update_id || is_terminal(record->progress.state))
            return ipc::rejected(ipc::word::not_found,
                                 fmt::format("update {} is not in progress", update_id));
        if (auto written = write_durably(adapters_.files(), adapters_.layout().cancel_request(), update_id);
            !written)
            return ipc::rejected(written.error());
        channel_->push({.kind = Signal::Kind::cancelled, .update_id = update_id});
        return ipc::accepted("cancelling");
    }

    ipc::Reply roll_back() {
        if (const auto record = engine_->record(); record && !is_terminal(record->progress.state)) {
            if (in_trial()) return cancel(record->update_id);
            return ipc::rejected(ipc::word::busy,
                                 fmt::format("update {} is in progress ({})", record->update_id,
                                             row(record->progress.state).name));
        }
        if (auto plan = previous_version(adapters_); !plan) return ipc::rejected(plan.error());
        roll_back_wanted_ = true;
        channel_->push({.kind = Signal::Kind::woken});
        return ipc::accepted("rolling back to the previous version");
    }

    ipc::Reply renew() {
        const auto renewed = renewal_.is_renewed();
        if (renewed && *renewed) return ipc::accepted("renewed");
        loop_->call_at(now(), [this] {
            if (auto failed = renewal_.renew_watchdog(0ms); !failed) options_.log(failed.error().message());
        });
        return ipc::accepted("renewing");
    }

    Adapters& adapters_;
    const WatchdogOptions options_;
    SelfRenewal renewal_;
    AsideSweep aside_sweep_{adapters_};
    milliseconds interval_;
    bool enabled_ = true, stopping_ = false, others_work_ = false, applying_ = false,
         agent_connected_ = false, roll_back_wanted_ = false;
    std::string handed_over_;
    std::unique_ptr<Lock> instance_lock_;
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<LoopChannel> channel_;
    std::unique_ptr<Supervision> services_;
    std::unique_ptr<IpcServer> server_;
    std::optional<Ports> ports_;
    std::optional<Engine> engine_;
    std::optional<ProgramKeeper> keeper_;
    std::unique_ptr<Neighbours> neighbours_;
    Watchlist watchlist_;
};

}  // namespace

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
    Watchdog watchdog{*adapters, std::move(options)};
    UPDATE_CHECK(watchdog.open(), "watchdog");
    // A guardian that has started it wants to know; otherwise nobody waits.
    if (auto answered = answer_handshake(); !answered && answered.error().code() == ErrorCode::timed_out)
        return std::move(answered).error().in("watchdog");
    return watchdog.run();
}

}  // namespace update
