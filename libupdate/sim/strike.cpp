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

}  // namespace

void World::strike(Process& p, Op op, const Fault& fault) {
    ++fired;
    ++fault_counts[static_cast<std::size_t>(fault.kind)];
    ++ghost.fired[static_cast<std::size_t>(fault.kind)];
    tell("FAULT", text({fault}));
    const auto until = [&](Instant& end, std::uint32_t how) {
        end = std::max(end, now + span(how));
        faults_end_ = std::max(faults_end_, end);
    };
    const std::string& agent_name = settings.programs.front().name;
    Process* const agent = running(agent_name);
    switch (fault.kind) {
        case FaultKind::crash:
            end(p, {true, 9});
            break;
        case FaultKind::crash_agent:
            if (agent) end(*agent, {true, 9});
            break;
        case FaultKind::crash_watchdog:
            if (Process* const dog = watchdog()) end(*dog, {true, 9});
            break;
        case FaultKind::crash_between:
            crash_between_next = true;
            break;
        case FaultKind::power_off:
            power_off();
            break;
        case FaultKind::disk_full:
            until(disk_full_until, fault.how % 6);
            break;
        case FaultKind::io_error:
            io_error_next = true;
            break;
        case FaultKind::read_only:
            until(read_only_until, fault.how % 6);
            break;
        case FaultKind::denied:
            denied_next = true;
            break;
        case FaultKind::quota:
            until(quota_until, fault.how % 6);
            break;
        case FaultKind::locked:
            until(locked_until, fault.how % 6);
            break;
        case FaultKind::vanishes:
            if (!newest_file.empty() && !newest_file.ends_with(".old") && disk.find(newest_file))
                disk.remove(newest_file);
            break;
        case FaultKind::tampered: {
            // Not between a look at a file and its use: what lies in a private folder is not raced for.
            const bool between = op == Op::rename || op == Op::remove || op == Op::other;
            const NodePtr node = between || newest_file.ends_with(".old") ? nullptr : disk.find(newest_file);
            if (!node || node->bytes.empty()) break;
            disk.write(*node, node->bytes.size() / 2, "!");
            disk.flush(*node);
            break;
        }
        case FaultKind::no_links:
            no_links = true;
            break;
        case FaultKind::delay:
            spend(p, span(fault.how % 5));
            break;
        case FaultKind::clock_jump:
            wall_us +=
                (fault.how % 2 == 0 ? 1 : -1) * std::chrono::microseconds{span(fault.how) * 1'000}.count();
            wall_us = std::max<std::int64_t>(wall_us, 0);
            break;
        case FaultKind::suspend:
            wall_us += std::chrono::microseconds{8h}.count();
            for (auto& other : processes_)
                if (other->alive && other->life.online) session_broke(*other);
            break;
        case FaultKind::dead_clock:
            power_off();
            wall_us = 0;
            break;
        case FaultKind::network_cut:
            until(network_cut_until, fault.how);
            for (auto& other : processes_)
                if (other->alive && other->life.online) session_broke(*other);
            break;
        case FaultKind::network_stall:
            until(stall_until, fault.how % 6);
            break;
        case FaultKind::wrong_bytes:
            wrong_bytes_next = true;
            break;
        case FaultKind::busy_mirror:
            busy_mirror_next = 1 + fault.how % 3;
            break;
        case FaultKind::lost_mirror:
            lost_mirror = true;
            break;
        case FaultKind::server_restored:
            server.restore();
            [[fallthrough]];
        case FaultKind::server_down:
            until(server_down_until, fault.kind == FaultKind::server_down ? fault.how : fault.how % 4);
            for (auto& other : processes_)
                if (other->alive && other->life.online) session_broke(*other);
            break;
        case FaultKind::ack_lost:
            ack_lost_next = true;
            break;
        case FaultKind::ack_twice:
            ack_twice_next = true;
            break;
        case FaultKind::ack_late:
            ack_late_next = true;
            break;
        case FaultKind::agent_ignores_stop:
            if (agent) agent->deaf = true;
            break;
        case FaultKind::no_break_away:
            until(no_break_away_until, fault.how);
            break;
        case FaultKind::no_start:
            until(no_start_until, fault.how % 6);
            break;
        case FaultKind::unreadable_state:
            until(unreadable_until, fault.how % 5);
            break;
        case FaultKind::cancelled:
        case FaultKind::roll_back_asked:
            wish(*this, fault.kind);
            break;
        case FaultKind::second_update:
            if (server.updates().size() < 2 && !scenario.by_operator) {
                server.add({"u-2", scenario.plan.product, "", newer_version});
                if (agent) at(now, {.kind = Event::Kind::heartbeat, .pid = agent->pid});
            }
            break;
        case FaultKind::agent_held:
            services[agent_name].held = true;
            if (agent) {
                agent->stopping = true;
                end(*agent, {true, 15});
            }
            ghost.agent_alive(false);
            at(now + span(fault.how % 6), {.kind = Event::Kind::release_agent});
            faults_end_ = std::max(faults_end_, now + span(fault.how % 6));
            break;
        case FaultKind::watchdog_stopped:
            if (Process* const dog = watchdog()) {
                dog->stopping = true;
                dog->signals.push_back({.kind = Signal::Kind::stopping});
                poke(*dog);
                if (dog == &p) break;
            }
            break;
        case FaultKind::count:
            break;
    }
    faults_end_ = std::max(faults_end_, now);
    ghost.agent_alive(running(agent_name) != nullptr);
    if (!p.alive) throw Killed{};
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
    ghost.power_was_off();
    now += 20s;
    boot_at = now;
    boot();
}

void World::boot() {
    ++boots;
    restarts_.clear();
    for (auto& [name, service] : services) service.stopped_by_applier = false;
    ghost.agent_alive(false);
    root_services.clear();
    if (scenario.keeper == Keeper::watchdog) root_services.push_back("watchdog");
    if (scenario.keeper == Keeper::service_manager) root_services.push_back(settings.programs.front().name);
    if (scenario.keeper == Keeper::nobody && boots == 1)
        root_services.push_back(settings.programs.front().name);
    for (const std::string& service : root_services)
        at(now + 2s, {.kind = Event::Kind::start_service, .text = service});
    if (scenario.by_operator) at(now + 10s, {.kind = Event::Kind::begin_by_operator});
    for (const auto& [name, service] : services)
        if (service.held) at(now + 60s, {.kind = Event::Kind::release_agent});
}

}  // namespace update::sim
