// What happens beside the processes' own work: the service manager, the session to the server, signs of life,
// and what a bad version does.
#include <fmt/format.h>
#include <utility>

#include "durable/durable.hpp"
#include "sim/actors.hpp"
#include "sim/bounds.hpp"
#include "sim/world.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;
using Kind = Event::Kind;

/// A version that proved itself, under a name of its own (compose/guard).
const std::string guard_program = "/guard";

constexpr std::chrono::milliseconds latency = 10ms, heartbeat = 30s, sign_period = 5s,
                                    sign_period_in_trial = 1s;

/// As `updatectl service install` sets it up (service/unit_text, service/scm_service): systemd restarts
/// whatever ended and gives up never; the SCM restarts what failed: exit code 0 is a failure only where the
/// program itself tells that nobody asked it to end (service/scm_exit).
bool restarts(Platform platform, const ExitStatus& exit, bool tells_unasked) {
    return platform == Platform::linux_rules || tells_unasked || exit.signalled || exit.value != 0;
}

/// The SCM's first failure is answered with a restart, the next ones with the guard, which starts the
/// service (by the exit-code route the first one, too, until the update is over). It forgets failures after a
/// day without any.
constexpr auto forget_failures_after = 24h;

}  // namespace

void World::start_later(const std::string& service, AwakeClock::duration wait) {
    services[service].start_at = now + wait;
    at(now + wait, {.kind = Kind::start_service, .text = service});
}

void World::manager_start(const std::string& service, bool asked) {
    const auto planned = std::exchange(services[service].start_at, std::nullopt);
    if (!asked && (!planned || *planned > now)) {
        services[service].start_at = planned;
        return;  // the start that this was planned as is over, or another one comes
    }
    if (service == "watchdog") {
        if (watchdog() != nullptr) return;
        const auto started = exec(watchdog_program(*this), Program::watchdog, "");
        if (!started) start_later(service, 5s);
        return;
    }
    if (services[service].held || running(service) != nullptr) return;
    if (services[service].stopped_by_applier && !asked) return;
    for (const auto& p : processes_)
        if (p->alive && p->program == Program::guard) return;  // it is being started
    const bool guards = platform == Platform::linux_rules ||
                        (!asked && failures_[service].count > (guard_comes_first ? 0 : 1));
    if (asked) services[service].started_lately.clear();  // whoever asks resets it (`systemctl reset-failed`)
    if (gives_up(services[service])) {
        (void)exec(guard_program, Program::rescue, service);
        return;
    }
    if (scenario.guard && guards)
        if (const auto guard = exec(guard_program, Program::guard, service); guard) return;
    start_agent(*this, service);
}

bool World::gives_up(Service& service) {
    if (scenario.start_limit == 0) return false;
    std::deque<Instant>& starts = service.started_lately;
    while (!starts.empty() && now - starts.front() > start_limit_interval) starts.pop_front();
    if (starts.size() >= scenario.start_limit) return true;
    starts.push_back(now);
    return false;
}

void World::supervise_exit(Process& p, const ExitStatus& exit) {
    if (p.program == Program::guard) return at(now, {.kind = Kind::guard_then_start, .text = p.argument});
    if (p.program == Program::watchdog)
        return restart(p.stopping, "watchdog", restarts(platform, exit, false));
    if (p.service.empty()) return;
    services[p.service].last_exit = exit;
    if (p.service == settings.programs.front().name) ghost.darkness.agent_ended(now);
    for (auto& other : processes_) {
        const auto known = other->supervised.find(p.service);
        if (!other->alive || known == other->supervised.end() || known->second != p.pid) continue;
        other->supervised.erase(known);
        other->exits.emplace_back(p.service, exit);
    }
    const bool tells_unasked = p.program == Program::agent && scenario.aware() && !p.stopping;
    if (is_service_of_its_own(scenario.keeper))
        restart(false, p.service, restarts(platform, exit, tells_unasked));
}

/// An administrator who stops a service to restart it starts it again.
void World::restart(bool asked, const std::string& service, bool again) {
    Failures& failures = failures_[service];
    if (now - failures.last > forget_failures_after) failures.count = 0;
    failures.last = now;
    if (again) ++failures.count;
    if (again || asked) start_later(service, restart_delay(platform, settings));
}

bool World::connected_to_server() {
    bool up = now >= outage_end_;
    for (const FaultKind kind : {FaultKind::network_cut, FaultKind::server_down, FaultKind::network_stall})
        if (meets(kind)) up = false;
    return up;
}

void World::session_broke(Process& agent) {
    ++agent.life.session;
    agent.life.online = false;
    agent.life.connected = false;
    sign(agent);
    const auto wait = std::chrono::milliseconds{500 + dice.below(4'500)};
    at(now + wait, {.kind = Kind::connect, .pid = agent.pid, .session = agent.life.session});
}

/// What the agent just said reaches the engine in itself and, as the sum of all it said, the appliers.
void World::sign(Process& agent) { tell_desks(agent); }

void World::tell_desks(Process& agent) {
    const LifeSigns& life = agent.life;
    Signal sum{.kind = Signal::Kind::alive};
    if (life.ready) sum.kind = Signal::Kind::ready;
    if (life.accepted) sum.kind = Signal::Kind::accepted;
    if (!life.acknowledged.empty()) sum.kind = Signal::Kind::acknowledged;
    sum.update_id = life.acknowledged;
    sum.version = scenario.conduct == Conduct::wrong_version && agent.version == scenario.plan.version
                      ? "9.9"
                      : agent.version;
    sum.connected = life.connected;
    sum.pid = agent.pid;
    for (auto& p : processes_) {
        const bool itself = p.get() == &agent;
        // Whose process it is is asked of the service manager, where there is one.
        if (p->alive && p->desk && scenario.keeper == Keeper::both) p->supervised[agent.service] = agent.pid;
        const auto known = p->supervised.find(agent.service);
        const bool heard = p->desk && known != p->supervised.end() && known->second == agent.pid;
        if (!p->alive || (!itself && !heard)) continue;
        if (p->signals.size() > 64) p->signals.pop_front();
        p->signals.push_back(sum);
        if (p->waits) poke(*p);
    }
}

void World::send_outcomes(Process& agent) {
    if (!agent.life.online) return;
    const auto outcomes = outcomes_on_disk(*this);
    if (outcomes.empty()) return;
    at(now + latency, {.kind = Kind::outcomes_arrive,
                       .pid = agent.pid,
                       .session = agent.life.session,
                       .outcomes = outcomes});
}

void World::misconduct(Process& agent) {
    if (agent.version != scenario.plan.version) return;
    switch (scenario.conduct) {
        case Conduct::crashes:
        case Conduct::crashes_late:
            return end(agent, {false, 3});
        case Conduct::exits_clean:
            return end(agent, {false, 0});
        default:
            return;
    }
}

void World::dispatch(Event& event) {
    Process* const p = event.pid == 0 ? nullptr : find(event.pid);
    if (event.pid != 0 && p == nullptr) return;
    const bool stale = p != nullptr && event.session != p->life.session;
    switch (event.kind) {
        case Kind::start_service:
            manager_start(event.text, false);
            break;
        case Kind::guard_then_start:
            start_agent(*this, event.text);
            break;
        case Kind::sign:
            tell_desks(*p);
            at(now + (p->life.open_update.empty() ? sign_period : sign_period_in_trial),
               {.kind = Kind::sign, .pid = p->pid});
            break;
        case Kind::ready:
            p->life.ready = true;
            ghost.darkness.agent_ready(now);
            if (scenario.aware()) sign(*p);
            break;
        case Kind::misconduct:
            misconduct(*p);
            break;
        case Kind::connect:
            if (stale) break;
            if (connected_to_server())
                at(now + latency, {.kind = Kind::auth_arrives, .pid = p->pid, .session = event.session});
            else
                session_broke(*p);
            break;
        case Kind::auth_arrives: {
            if (stale) break;
            const std::string confirmed = server.admit(p->version, p->life.open_update);
            if (takes(FaultKind::ack_lost)) {
                session_broke(*p);
                break;
            }
            auto wait = latency;
            if (takes(FaultKind::ack_late)) wait = ack_delay;
            const Event answer{
                .kind = Kind::auth_answered, .pid = p->pid, .session = event.session, .text = confirmed};
            at(now + wait, answer);
            if (takes(FaultKind::ack_twice)) at(now + wait + latency, answer);
            break;
        }
        case Kind::auth_answered:
            if (stale) break;
            p->life.online = p->life.connected = true;
            ghost.acknowledged += !event.text.empty() || !server.confirms;
            if (!server.confirms) p->life.accepted = true;
            if (!event.text.empty()) p->life.acknowledged = event.text;
            sign(*p);
            send_outcomes(*p);
            offer_to(*this, *p);
            at(now + heartbeat, {.kind = Kind::heartbeat, .pid = p->pid, .session = event.session});
            break;
        case Kind::heartbeat:
            if (!p->life.online) break;
            sign(*p);
            offer_to(*this, *p);
            if (!stale)
                at(now + heartbeat, {.kind = Kind::heartbeat, .pid = p->pid, .session = event.session});
            break;
        case Kind::outcomes_arrive: {
            if (stale) break;
            for (const Outcome& outcome : event.outcomes) server.outcome(outcome);
            if (takes(FaultKind::ack_lost)) {
                session_broke(*p);
                break;
            }
            Event answer{.kind = Kind::outcomes_answered, .pid = p->pid, .session = event.session};
            answer.outcomes = event.outcomes;
            at(now + latency, answer);
            break;
        }
        case Kind::outcomes_answered:
            if (stale) break;
            for (const Outcome& outcome : event.outcomes) {
                const std::string file = layout.outcome(outcome.update_id).generic_string();
                if (!disk.find(file)) continue;
                disk.remove(file);
                p->outcomes_seen = 0;  // filed again by whoever takes over from a killed applier, it is new
            }
            offer_to(*this, *p);
            break;
        case Kind::release_agent:
            for (auto& [name, service] : services) {
                if (!service.held) continue;
                service.held = service.for_good = service.disabled = service.stopped_by_applier = false;
                if (is_service_of_its_own(scenario.keeper)) manager_start(name, true);
            }
            ghost.darkness.excuse(false, now);
            break;
        case Kind::begin_by_operator:
            begin_by_operator(*this);
            break;
        case Kind::wake_all:
            for (auto& other : processes_)
                if (other->alive && other->waits) poke(*other);
            break;
    }
}

}  // namespace update::sim
