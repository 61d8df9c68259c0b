// What each fault does to the world.
#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "sim/actors.hpp"
#include "sim/world.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

/// How long: 0 .. 7 as a row of times from an instant to an outage.
std::chrono::seconds span(std::uint32_t how) {
    constexpr std::chrono::seconds spans[] = {1s, 3s, 10s, 30s, 60s, 180s, 600s, 1'500s};
    return spans[how % std::size(spans)];
}

constexpr std::chrono::seconds off_time = 20s;

}  // namespace

/// @return whether it had an effect at once; one that lasts or is armed is counted when somebody meets it
bool World::befall(Process& p, Op op, const Fault& fault) {
    const FaultKind kind = fault.kind;
    const auto lasts = [&](std::uint32_t how) {
        troubles.last_until(kind, now + span(how));
        trouble_until(kind, now + span(how));
        return false;
    };
    const auto armed = [&](unsigned times = 1) {
        troubles.arm(kind, times);
        return false;
    };
    const auto killed = [&](Process* process) {
        if (process != nullptr) end(*process, {true, 9});
        return process != nullptr;
    };
    Process* const agent = running(settings.programs.front().name);
    switch (kind) {
        case FaultKind::crash:
            return killed(&p);
        case FaultKind::crash_agent:
            return killed(agent);
        case FaultKind::crash_watchdog:
            return killed(watchdog());
        case FaultKind::power_off:
            power_off();
            return true;
        case FaultKind::dead_clock:
            power_off();
            wall_us = 0;
            return true;
        case FaultKind::crash_between:
        case FaultKind::io_error:
        case FaultKind::denied:
        case FaultKind::wrong_bytes:
        case FaultKind::ack_lost:
        case FaultKind::ack_twice:
            return armed();
        case FaultKind::ack_late:
            ack_delay = fault.how % 4 == 3 ? settings.trial.ack_timeout + 5s : milliseconds{8s};
            return armed();
        case FaultKind::busy_mirror:
            return armed(1 + fault.how % 3);
        case FaultKind::disk_full:
        case FaultKind::read_only:
        case FaultKind::quota:
        case FaultKind::locked:
        case FaultKind::network_stall:
        case FaultKind::no_start:
        case FaultKind::interleaved:
            return lasts(fault.how % 6);
        case FaultKind::unreadable_state:
            return lasts(fault.how % 5);
        case FaultKind::no_break_away:
            return lasts(fault.how);
        case FaultKind::old_mirror:
            all_mirrors_are_old = fault.how % 2 == 1;
            return lasts(fault.how % 6);
        case FaultKind::no_links:
        case FaultKind::lost_mirror:  // from now on, and no reason to wait for its end
            troubles.last_until(kind, Instant::max());
            return false;
        case FaultKind::vanishes:
            return fault.how % 2 == 0 ? take_away(newest_file) : take_away_installed();
        case FaultKind::tampered: {
            // Not between a look at a file and its use: what lies in a private folder is not raced for.
            const bool between = op == Op::rename || op == Op::remove || op == Op::other;
            const NodePtr node = between || newest_file.ends_with(".old") ? nullptr : disk.find(newest_file);
            if (!node || node->bytes.empty()) return false;
            disk.write(*node, node->bytes.size() / 2, "!");
            disk.flush(*node);
            return true;
        }
        case FaultKind::delay:
            troubles.count(kind);  // before the others go on
            spend(p, std::min(span(fault.how % 5), longest_delay));
            return false;
        case FaultKind::clock_jump:
            wall_us +=
                (fault.how % 2 == 0 ? 1 : -1) * std::chrono::microseconds{span(fault.how) * 1'000}.count();
            wall_us = std::max<std::int64_t>(wall_us, 0);
            return true;
        case FaultKind::suspend:
            wall_us += std::chrono::microseconds{8h}.count();
            break_sessions();
            return true;
        case FaultKind::network_cut:
            (void)lasts(fault.how);
            if (break_sessions()) (void)meets(kind);
            return false;
        case FaultKind::server_restored:
            server.restore();
            troubles.last_until(FaultKind::server_down, now + span(fault.how % 4));
            trouble_until(kind, now + span(fault.how % 4));
            break_sessions();
            return true;
        case FaultKind::server_down:
            (void)lasts(fault.how);
            if (break_sessions()) (void)meets(kind);
            return false;
        case FaultKind::agent_ignores_stop:
            if (agent != nullptr && !agent->deaf) agent->deaf = agent->made_deaf = true;
            return false;
        case FaultKind::cancelled:
        case FaultKind::roll_back_asked:
            return wish(*this, kind);
        case FaultKind::second_update:
            if (server.updates().size() >= 2 || scenario.by_operator) return false;
            server.add({"u-2", scenario.plan.product, "", newer_version});
            if (agent) at(now, {.kind = Event::Kind::heartbeat, .pid = agent->pid});
            return true;
        case FaultKind::agent_held:
            return hold_agent(fault.how);
        case FaultKind::watchdog_stopped:
            if (Process* const dog = watchdog()) {
                dog->stopping = true;
                dog->signals.push_back({.kind = Signal::Kind::stopping});
                poke(*dog);
                return true;
            }
            return false;
        case FaultKind::count:
            break;
    }
    return false;
}

void World::strike(Process& p, Op op, const Fault& fault) {
    ++struck;
    tell("FAULT", text({fault}));
    if (befall(p, op, fault)) troubles.count(fault.kind);
    trouble_until(fault.kind, now);
    if (!p.alive) throw Killed{};
}

bool World::take_away(const std::string& path) {
    if (path.empty() || path.ends_with(".old") || !disk.find(path)) return false;
    disk.remove(path);
    return true;
}

/// A file of the new version that is no program, while the set is exchanged: afterwards a program that works
/// beside what is missing would be nobody's mistake.
bool World::take_away_installed() {
    const auto& last = record();
    if (!last || row(last->progress.state).effect != Effect::swap) return false;
    for (std::size_t n = 0; n < places.installed.size(); ++n) {
        const Artifact& artifact = scenario.plan.artifacts[n];
        const NodePtr node = disk.find(places.installed[n]);
        if (artifact.role == Role::file && node &&
            node->bytes == image_of(artifact.install_path, new_version))
            return take_away(places.installed[n]);
    }
    return false;
}

void World::trouble_until(FaultKind kind, Instant end) {
    faults_end_ = std::max(faults_end_, end);
    const bool elsewhere = is_network(kind) || kind == FaultKind::no_break_away;
    calm_since_ = std::max(calm_since_, elsewhere ? now : end);
}

/// An administrator stops the agent: for a while; until the next boot; or he disables it for good.
bool World::hold_agent(std::uint32_t how) {
    Service& service = services[settings.programs.front().name];
    if (service.held) return false;
    service.held = true;
    if (Process* const agent = running(settings.programs.front().name)) {
        agent->stopping = true;
        end(*agent, {true, 15});
    }
    ghost.darkness.excuse(true, now);
    service.for_good = how % 8 >= 6;
    service.disabled = how % 8 == 7;
    if (service.for_good) return true;
    at(now + span(how % 6), {.kind = Event::Kind::release_agent});
    trouble_until(FaultKind::agent_held, now + span(how % 6));
    return true;
}

bool World::break_sessions() {
    bool any = false;
    for (auto& p : processes_) {
        if (!p->alive || !p->life.online) continue;
        session_broke(*p);
        any = true;
    }
    return any;
}

/// The dead processes' stacks unwind, all but the one that calls this; its next step throws.
void World::power_off() {
    off_ = true;
    for (auto& other : processes_)
        if (other->alive) end(*other, {true, 9});
    off_ = false;
    locks.clear();
    while (!events_.empty()) events_.pop();
    (void)disk.power_off(dice);
    seen_slots_.reset();
    tell("machine", "power off");
    for (const auto& [name, aside] : put_back_at_boot)
        if (!disk.find(name) && disk.find(aside)) disk.rename(aside, name);
    put_back_at_boot.clear();
    ghost.power_was_off();
    now += off_time;
    ghost.darkness.pass_over(off_time);
    boot_at = now;
    boot();
}

/// Either may be the first, and as often as not both come up in the same moment.
milliseconds World::order_at_boot() {
    return milliseconds{dice.below(2) == 0 ? dice.below(60) : dice.below(3'000)};
}

void World::boot() {
    ++boots;
    failures_.clear();
    for (auto& [name, service] : services) service.stopped_by_applier = false;
    root_services.clear();
    if (is_watched()) root_services.push_back("watchdog");
    if (is_service_of_its_own(scenario.keeper) || (scenario.keeper == Keeper::nobody && boots == 1))
        root_services.push_back(settings.programs.front().name);
    for (const std::string& service : root_services) {
        start_later(service, 2s + (scenario.keeper == Keeper::both ? order_at_boot() : 0ms));
    }
    if (scenario.by_operator) at(now + 10s, {.kind = Event::Kind::begin_by_operator});
    for (const auto& [name, service] : services)
        if (service.held && !service.disabled) at(now + 60s, {.kind = Event::Kind::release_agent});
}

}  // namespace update::sim
