// The watchdog, as compose/watchdog puts it together.
#include <map>

#include "durable/durable.hpp"
#include "sim/actors.hpp"
#include "sim/ports.hpp"
#include "supervise/restart_budget.hpp"
#include "supervise/upkeep.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds hand_over_patience = 30s, hand_over_look = 10ms, busy_look = 500ms;

struct Watched {
    RestartBudget budget;
    std::optional<Instant> start_at;
};

class Watchdog {
 public:
    Watchdog(World& world, Process& p)
        : world_{world}, p_{p}, ports_{world, p}, engine_{world.settings,  world.layout,
                                                          ports_.all,      world.machine,
                                                          Actor::watchdog, observer(world, p)} {
        for (const ProgramSettings& program : world.settings.programs)
            watched_.emplace(program.name,
                             Watched{RestartBudget{world.settings.supervision, ports_.random}, {}});
    }

    int live() {
        const Conduct conduct =
            p_.version == world_.scenario.plan.version ? world_.scenario.watchdog_conduct : Conduct::good;
        if (conduct == Conduct::crashes) return 3;
        for (const Path& folder : {world_.layout.state_dir(), world_.layout.run(), world_.layout.updates(),
                                   world_.layout.outcomes()})
            if (!ports_.files.make_private_directory(folder)) return 1;
        auto lock = lock_instance();
        if (!lock) return 1;
        if (conduct == Conduct::hangs) {
            world_.spend(p_, 60s);
            return 9;  // no sign of life: the service manager ends it (WatchdogSec)
        }
        p_.serve = [this] { serve(); };
        p_.desk = true;
        for (const ProgramSettings& program : world_.settings.programs)
            (void)ports_.services.status(program.name);
        while (!p_.stopping) {
            tend_update();
            if (p_.stopping) break;
            roll_back_if_asked();
            tend_programs();
            (void)world_.point(p_, Op::other, "wait");
            (void)next_signal(world_, p_, next_look());
        }
        if (world_.scenario.keeper == Keeper::both) return 0;  // they are not its children
        for (const ProgramSettings& program : world_.settings.programs)
            (void)ports_.services.stop(program.name);
        return 0;
    }

 private:
    Result<std::unique_ptr<Lock>> lock_instance() {
        for (int n = 1;; ++n) {
            auto lock = ports_.locks.try_lock(world_.layout.watchdog_lock());
            if (lock || n == 20) return lock;
            world_.spend(p_, 10ms);
        }
    }

    void serve() {
        for (; !p_.asks.empty(); p_.asks.pop_front()) answer(*p_.asks.front());
        for (; !p_.exits.empty(); p_.exits.pop_front())
            on_exit(p_.exits.front().first, p_.exits.front().second);
        if (applying_) tend_within_update();
    }

    void answer(Ask& ask) {
        ask.answered = true;
        if (ask.kind == Ask::Kind::perform_update) {
            const auto record = world_.record();
            if (!record || record->update_id != ask.update_id || is_terminal(record->progress.state)) {
                ask.error = Error{ErrorCode::not_found, "no such update lies prepared here"};
            } else {
                if (!p_.stopping && handed_over_.empty()) handed_over_ = ask.update_id;
                p_.signals.push_back({.kind = Signal::Kind::woken});
            }
        }
        if (ask.kind == Ask::Kind::roll_back) promise_way_back();
        if (ask.kind == Ask::Kind::renew) {
            if (runs_new_watchdog(world_, p_)) {
                ask.message = "renewed";
            } else {
                renew_wanted_ = true;
                p_.signals.push_back({.kind = Signal::Kind::woken});
            }
        }
        world_.at(world_.now, {.kind = Event::Kind::wake_all});
    }

    void promise_way_back() {
        if (!write_durably(ports_.files, world_.layout.roll_back_request(), way_back_id)) return;
        world_.back_promised = true;
        roll_back_wanted_ = true;
        p_.signals.push_back({.kind = Signal::Kind::woken});
    }

    void tend_update() {
        if (std::exchange(renew_wanted_, false)) (void)ports_.renewal.renew_watchdog(0ms);
        if (!handed_over_.empty()) return take_over();
        const auto record = record_of(world_, p_, engine_);
        others_work_ = false;
        if (!record || record->filed) return tidy();
        if (world_.scenario.old_watchdog) {  // it sees that somebody works, and takes no part
            others_work_ = world_.locks.contains(world_.layout.journal_lock().generic_string());
            return;
        }
        if (!is_applied(record->progress.state)) tend_programs();
        after(resume(Entry::after_crash), record->progress.state);
    }

    Result<Halt> resume(Entry entry) {
        applying_ = true;
        auto halt = engine_.resume(entry);
        applying_ = false;
        return halt;
    }

    void take_over() {
        handed_over_.clear();
        const Instant patience = world_.now + hand_over_patience;
        for (;;) {
            const auto halt = resume(Entry::hand_over);
            if (!halt || *halt != Halt::busy || world_.now >= patience || p_.stopping)
                return after(halt, State::verifying);
            (void)next_signal(world_, p_, world_.now + hand_over_look);
        }
    }

    void tidy() {
        if (!tidying_.is_due(world_.now)) return;
        if (engine_.tidy())
            tidying_.succeeded();
        else
            tidying_.failed(world_.now);
    }

    void after(const Result<Halt>& halt, State state) {
        if (!halt) return tidying_.call();
        others_work_ = *halt == Halt::busy && is_applied(state);
    }

    /// The kept version becomes an update of its own, applied right here.
    void roll_back_if_asked() {
        if (!std::exchange(roll_back_wanted_, false)) return;
        const Path request = world_.layout.roll_back_request();
        const auto update_id = read_text(ports_.files, request, 256);
        if (!update_id) {
            roll_back_wanted_ = update_id.error().code() != ErrorCode::not_found;
            return;
        }
        if (auto plan = kept_version()) {
            plan->update_id = *update_id;
            begin_here(*plan);
        }
        roll_back_wanted_ = !ports_.files.remove(request);
    }

    Result<Plan> kept_version() {
        const auto kept = read_text(ports_.files, world_.layout.previous() / "plan.json", 1 << 20);
        auto plan = kept ? parse_plan(*kept) : Error{kept.error()};
        if (plan) plan->vouched_by = VouchedBy::endpoint;
        return plan;
    }

    void begin_here(const Plan& plan) {
        Settings settings = world_.settings;
        settings.routes = {Route::self_update};
        settings.policy.allow_downgrade = true;
        Engine engine{settings,       world_.layout,    ports_.all,
                      world_.machine, Actor::operator_, observer(world_, p_)};
        applying_ = true;
        const auto halt = engine.begin(plan);
        applying_ = false;
        after(halt, State::verifying);
    }

    void tend_programs() {
        if (others_work_) return;
        for (const ProgramSettings& program : world_.settings.programs) tend(program.name);
    }

    void tend(const std::string& program) {
        Watched& watched = watched_.at(program);
        const auto status = ports_.services.status(program);
        if (!status) {
            watched.start_at = world_.now + 1s;
            return;
        }
        if (status->running || status->held_by_administrator) return watched.start_at.reset();
        if (watched.start_at && *watched.start_at > world_.now) return;
        if (auto started = ports_.services.start(program); started) {
            watched.start_at.reset();
            watched.budget.started(world_.now);
        } else {
            plan_restart(program, std::nullopt);
        }
    }

    void plan_restart(const std::string& program, const std::optional<ExitStatus>& exit) {
        watched_.at(program).start_at = watched_.at(program).budget.exited(world_.now, exit).start_at;
    }

    void on_exit(const std::string& program, const std::optional<ExitStatus>& exit) {
        if (program == world_.settings.programs.front().name) {
            p_.signals.push_back({.kind = Signal::Kind::agent_exited});
            const auto record = record_of(world_, p_, engine_);
            if (applying_ && (!record || is_applied(record->progress.state))) return;
        } else if (applying_ && has_failed(exit)) {
            p_.signals.push_back({.kind = Signal::Kind::woken});
        }
        plan_restart(program, exit);
        world_.at(*watched_.at(program).start_at, {.kind = Event::Kind::wake_all});
    }

    /// A companion that ended within a trial is started again while it lasts; everything before and after.
    void tend_within_update() {
        for (const ProgramSettings& program : world_.settings.programs) {
            const auto start_at = watched_.at(program.name).start_at;
            if (!start_at || *start_at > world_.now) continue;
            const auto record = record_of(world_, p_, engine_);
            if (!record) continue;
            const State state = record->progress.state;
            const bool is_agent = &program == &world_.settings.programs.front();
            if (!is_applied(state) || (is_waiting(state) && !is_agent)) tend(program.name);
        }
    }

    Instant next_look() const {
        Instant next =
            world_.now + (others_work_ ? AwakeClock::duration{busy_look}
                                       : AwakeClock::duration{world_.settings.supervision.interval});
        for (const auto& [name, watched] : watched_)
            if (!others_work_ && watched.start_at) next = std::min(next, *watched.start_at);
        return handed_over_.empty() && !renew_wanted_ && !roll_back_wanted_ ? next : world_.now;
    }

    World& world_;
    Process& p_;
    ProcessPorts ports_;
    Engine engine_;
    bool others_work_ = false, applying_ = false, renew_wanted_ = false, roll_back_wanted_ = true;
    Upkeep tidying_;
    std::string handed_over_;
    std::map<std::string, Watched> watched_;
};

}  // namespace

int live_as_watchdog(World& world, Process& p) {
    p.supervised.clear();
    p.signals.clear();
    p.exits.clear();
    p.desk = false;
    p.serve = [] {};
    struct Silent {
        Process& p;
        ~Silent() {
            p.serve = [] {};
        }
    } silent{p};
    return Watchdog{world, p}.live();
}

}  // namespace update::sim
