// The agent with its updater, as compose/updater puts it together.
#include <algorithm>

#include "sim/actors.hpp"
#include "sim/ports.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;
using Kind = Event::Kind;

constexpr auto look_after_period = 5s, look_after_trial_period = 2s;

class Agent {
 public:
    Agent(World& world, Process& p)
        : world_{world},
          p_{p},
          ports_{world, p},
          engine_{world.settings, world.layout, ports_.all, world.machine, Actor::agent, observer(world, p)},
          conduct_{p.version == world.scenario.plan.version ? world.scenario.conduct : Conduct::good} {}

    int live() {
        world_.spend(p_, 30ms);
        const bool aware = world_.scenario.aware();
        if (aware) {
            const Halt halt = resume();
            if (halt == Halt::exit_for_restart || engine_.must_make_way(halt)) return 1;
        }
        // The installed service is as it should be again (updater, own upkeep).
        if (const auto record = world_.record(); !record || is_terminal(record->progress.state))
            world_.guard_comes_first = false;
        begin_work();
        for (;;) {
            if (leave_) return 1;
            if (p_.stopping && !p_.deaf) return 0;
            if (waiting_) {
                waiting_ = false;
                handle(engine_.go_on());
            } else if (!p_.offers.empty() && aware) {
                answer(*p_.offers.next());
            } else if (aware) {
                look_after();
            }
            if (leave_ || (p_.stopping && !p_.deaf) || !p_.offers.empty()) continue;
            world_.block(
                p_, world_.now + (p_.life.open_update.empty() ? look_after_period : look_after_trial_period));
        }
    }

 private:
    Halt resume() {
        note_record();
        const auto halt = engine_.resume(Entry::fresh_process, true);
        note_record();
        if (!halt) return Halt::idle;
        waiting_ = *halt == Halt::would_wait;
        return *halt;
    }

    void answer(const Offer& offer) {
        if (offer.has_ended)
            world_.send_outcomes(p_);
        else
            handle(engine_.begin(offer.selection, p_.version));
        p_.offers.over();
    }

    void begin_work() {
        world_.ghost.agent_works(p_);
        p_.life.began = true;
        p_.deaf |= conduct_ == Conduct::hangs;
        const auto soon = [&](Kind kind, std::chrono::milliseconds after) {
            world_.at(world_.now + after, {.kind = kind, .pid = p_.pid});
        };
        if (world_.scenario.aware()) soon(Kind::sign, 0ms);
        if (conduct_ == Conduct::slow)
            soon(Kind::ready, world_.settings.trial.ready_timeout / 2);
        else if (conduct_ != Conduct::hangs)
            soon(Kind::ready, conduct_ == Conduct::crashes || conduct_ == Conduct::exits_clean ? 2s : 300ms);
        if (conduct_ != Conduct::good) soon(Kind::misconduct, 1s);
        const bool silent = conduct_ == Conduct::hangs || conduct_ == Conduct::never_connects;
        if (silent || !world_.scenario.aware()) return;
        soon(Kind::connect, conduct_ == Conduct::good || conduct_ == Conduct::slow ? 100ms : 3s);
    }

    void note_record() {
        const auto record = record_of(world_, p_, engine_);
        const bool under_trial = record && !is_terminal(record->progress.state) &&
                                 record->to_version == p_.version &&
                                 is_after_hand_over(record->progress.state);
        p_.life.open_update = under_trial ? record->update_id : "";
    }

    void handle(const Result<Halt>& halt) {
        note_record();
        world_.send_outcomes(p_);
        if (halt && *halt == Halt::exit_for_restart) leave_ = true;
    }

    /// The applier files the outcome; and if it died, somebody has to take its place.
    void look_after() {
        const auto outcomes = count_outcomes(world_);
        if (outcomes != std::exchange(p_.outcomes_seen, outcomes)) world_.send_outcomes(p_);
        note_record();
        const auto record = record_of(world_, p_, engine_);
        if (!record || record->filed) return;
        const auto halt = engine_.resume(Entry::after_crash);
        if (!halt || *halt != Halt::not_mine) return handle(halt);
        if (is_renewal_under_way(world_)) return;
        (void)engine_.find_applier();
    }

    World& world_;
    Process& p_;
    ProcessPorts ports_;
    Engine engine_;
    const Conduct conduct_;
    bool waiting_ = false, leave_ = false;
};

}  // namespace

int live_as_agent(World& world, Process& p) {
    const bool is_new = p.version == world.scenario.plan.version;
    if (is_new && world.scenario.conduct == Conduct::unloadable) return 127;  // as the loader of Linux ends
    return Agent{world, p}.live();
}

}  // namespace update::sim
