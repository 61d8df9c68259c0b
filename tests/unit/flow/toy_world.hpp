// A toy endpoint for the exhaustive test of the table: what is on disk and what runs, and steps that may fail
// or die.
#pragma once
#include <doctest/doctest.h>
#include <string>

#include "every_choice.hpp"
#include "flow/decide.hpp"

namespace toy {

using namespace update;

enum class Tree { none, partial, old_version, new_version };
struct Crash {};
/// What a run may do wrong; a permanent fault makes one effect fail, or crash, every time.
struct Faults {
    int crashes = 0, failures = 0;
    std::optional<Effect> always_failing, always_crashing;
};

class World {
 public:
    World(EveryChoice& choose, Faults faults, unsigned starts_max)
        : choose_{choose}, left_{faults}, starts_max_{starts_max} {}

    /// Runs one update to its end and checks the promise at every step.
    State run() {
        Progress journal;
        for (int step = 0; step < 400; ++step) {
            visited[static_cast<std::size_t>(journal.state)] = true;
            trail += std::string{row(journal.state).name} + " ";
            check(journal.state);
            if (is_terminal(journal.state)) return journal.state;
            try {
                maybe_crash();  // before the effect
                const Event event = perform(journal.state);
                maybe_crash();  // after the effect, before the journal
                journal = decide(journal, event, starts_max_).next;
            } catch (Crash&) {
                trail += "! ";
                promise(live != Tree::partial, "live != Tree::partial");
                revive(journal.state);
                journal = decide(journal, Event::resumed, starts_max_).next;
            }
        }
        FAIL("no end after 400 steps: " << trail);
        return State::needs_repair;
    }

    std::string trail;
    std::array<bool, state_count> visited{};
    bool faulted = false, unhealthy = false, acknowledged = false;  // ghosts: the flow never reads them

 private:
    /// CHECK costs more than the run that it checks; millions of runs need a plain comparison.
    void promise(bool kept, const char* what) {
        if (!kept) FAIL(what << " is broken after: " << trail);
    }
    void maybe_crash() {
        if (left_.crashes <= 0 || choose_.pick(2) == 0) return;
        --left_.crashes;
        throw Crash{};
    }
    bool fails(Effect effect) {
        if (effect == left_.always_failing) return faulted = true;
        if (left_.failures <= 0 || choose_.pick(2) == 0) return false;
        --left_.failures;
        return faulted = true;
    }
    /// A crash of the machine. Supervision brings the agent back, except where the flow itself decides about
    /// its start.
    void revive(State state) {
        running = row(state).owner == Owner::applier && !is_proven(state) ? Tree::none : live;
    }
    static bool is_proven(State state) {
        return state == State::renewing_watchdog || state == State::cleaning_up || state == State::committed;
    }

    Event perform(State state) {
        const Effect effect = row(state).effect;
        if (effect == left_.always_crashing) {
            faulted = true;
            throw Crash{};
        }
        const bool waits =
            effect == Effect::await_ready || effect == Effect::await_ack || effect == Effect::watch_old;
        if (!waits && fails(effect)) return Event::failed;
        switch (effect) {
            case Effect::stage:
                return write(staged, Tree::new_version);
            case Effect::back_up:
                return write(backup, live);
            case Effect::hand_over:
                return choose_.pick(2) == 0 ? Event::succeeded : refuse();
            case Effect::exit_for_restart:
                if (running == Tree::none) return Event::succeeded;  // the restart that it waited for
                running = Tree::none;
                throw Crash{};
            case Effect::stop:
                running = Tree::none;
                return Event::succeeded;
            case Effect::swap:
                return swap();
            case Effect::start:
                if (live == Tree::none || live == Tree::partial) return Event::failed;
                running = live;
                return Event::succeeded;
            case Effect::await_ready:
                return wait(3, Event::succeeded);
            case Effect::await_ack:
                return await_ack();
            case Effect::watch_old:
                return watch_old();
            case Effect::clean_up:
                promise(acknowledged, "acknowledged");
                maybe_crash();
                backup = staged = Tree::none;
                return Event::succeeded;
            case Effect::restore:
                return restore();
            case Effect::discard:
                staged = backup = Tree::none;
                return Event::succeeded;
            default:
                return Event::succeeded;
        }
    }

    Event refuse() { return Event::refused; }
    Event write(Tree& target, Tree value) {
        target = Tree::partial;
        maybe_crash();
        target = value;
        return Event::succeeded;
    }
    Event swap() {
        if (live == Tree::new_version) return Event::succeeded;
        if (staged != Tree::new_version) return Event::failed;
        maybe_crash();
        live = staged;
        staged = Tree::none;
        return Event::succeeded;
    }
    Event restore() {
        if (live == Tree::old_version) return Event::succeeded;
        if (backup != Tree::old_version) return Event::failed;
        maybe_crash();
        live = backup;
        backup = Tree::none;
        return Event::succeeded;
    }
    Event bad(Event event) {
        unhealthy = true;
        if (event == Event::exited) running = Tree::none;
        return event;
    }
    Event wait(int kinds, Event good) {
        if (running == Tree::none) return Event::exited;  // it died with us: no verdict on the version
        switch (choose_.pick(kinds)) {
            case 0:
                return good;
            case 1:
                return bad(Event::exited);
            default:
                return bad(choose_.pick(2) == 0 ? Event::expired : Event::mistrusted);
        }
    }
    Event await_ack() {
        const Event event = wait(3, Event::succeeded);
        acknowledged |= event == Event::succeeded;
        return event;
    }
    Event watch_old() {
        return running == Tree::none  ? Event::exited
               : choose_.pick(2) == 0 ? Event::succeeded
                                      : Event::expired;
    }

    void check(State state) {
        promise(live != Tree::partial, "live != Tree::partial");
        promise(live != Tree::none, "live != Tree::none");
        if (!is_after_hand_over(state)) promise(live == Tree::old_version, "live == Tree::old_version");
        if (live == Tree::new_version && !is_proven(state))
            promise(backup == Tree::old_version, "backup == Tree::old_version");
        if (state == State::committed) {
            promise(live == Tree::new_version, "live == Tree::new_version");
            promise(running == Tree::new_version, "running == Tree::new_version");
            promise(acknowledged, "acknowledged");
        }
        if (state == State::rolled_back) {
            promise(live == Tree::old_version, "live == Tree::old_version");
            promise(running == Tree::old_version, "running == Tree::old_version");
        }
        if (state == State::abandoned) promise(live == Tree::old_version, "live == Tree::old_version");
        // Fewer crashes than starts_max never cost the update by themselves.
        if (is_terminal(state) && !faulted && !unhealthy)
            promise(state == State::committed, "state == State::committed");
    }

    EveryChoice& choose_;
    Faults left_;
    unsigned starts_max_;
    Tree live = Tree::old_version, staged = Tree::none, backup = Tree::none, running = Tree::old_version;
};

}  // namespace toy
