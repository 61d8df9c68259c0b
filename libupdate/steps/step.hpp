// A step performs one state's effect through the ports. Rules for every step: idempotent; look first; write
// to a temporary name, flush, rename, flush the directory; never change a live file in place; wait only on
// the channel.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include <update/plan.hpp>
#include <update/settings.hpp>

#include "flow/table.hpp"
#include "journal/record.hpp"
#include "layout/layout.hpp"
#include "policy/executable.hpp"
#include "ports/ports.hpp"

namespace update {

/// Which program works on the update. Decides who may act where (engine/authority.hpp) and who can stop whom.
enum class Actor : std::uint8_t {
    agent,  ///< the program being updated, old or new
    watchdog,
    helper,     ///< broke away from the agent
    guard,      ///< called by a service manager before each start of the agent; never waits
    operator_,  ///< updatectl, where neither agent nor watchdog does it
};
std::string_view name(Actor);

/// One update being worked on. Steps find everything through it; nothing is passed between steps in memory.
struct Job {
    const Settings& settings;
    const Layout& layout;
    const Ports& ports;
    const Machine& machine;
    Actor actor;
    const Plan& plan;
    Record& record;
    /// Makes the facts in `record` durable in the middle of a step. Only for facts that a later step cannot
    /// look up.
    std::function<Status()> save;
    /// Does the running version's session to the server stand? Asked at the hand-over only.
    std::function<bool()> connected;
    /// One line for people, and for progress bars: state, bytes, total.
    std::function<void(std::string_view note)> say;
    std::function<void(std::uint64_t bytes, std::uint64_t total)> progress;

    const ProgramSettings& agent() const { return settings.programs.front(); }
};

inline Moment moment(const Clock& clock) { return {clock.boot_id(), clock.now().time_since_epoch().count()}; }

using Step = Event (*)(Job&);
/// The step for an effect. `exit_for_restart` has none: leaving the process is the engine's answer to its
/// caller.
Step step_for(Effect);

/// Before the set is exchanged nothing of it runs: whoever supervises the programs may have started one while
/// the process that had stopped them was dead. Not for those who act between the agent's lives.
Status make_sure_nothing_runs(Job&);

/// Notes why the update does not go forward (the first cause stays) and returns `event`.
Event because(Job&, Reason, const Error&, Event event = Event::failed);
/// Somebody wants the update cancelled, which is a wish for the old version once the new one may run. The
/// reason is the same whoever hears of it, between two steps or within one.
Event cancelled(Job&);
/// The reason that an error of a file operation stands for.
Reason reason_of(const Error&, Reason otherwise);
/// The reason that an error of Verifier::prove stands for.
Reason reason_of_mistrust(const Error&);

// One declaration per file of this folder, in the order of the table.
Event preflight(Job&);
/// The same without waiting for a route that is closed for the moment.
Event preflight_at_once(Job&);
Event download(Job&);
Event stage(Job&);
Event self_test(Job&);
Event back_up(Job&);
Event hand_over(Job&);
Event verify(Job&);
Event stop(Job&);
Event swap(Job&);
Event start(Job&);
Event await_ready(Job&);
Event await_ack(Job&);
Event renew_watchdog(Job&);
Event clean_up(Job&);
Event restore(Job&);
Event watch_old(Job&);
Event discard(Job&);
Event close(Job&);

}  // namespace update
