// Those who apply an update beside the watchdog: the helper, and the guardian of the watchdog's renewal.
#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "sim/actors.hpp"
#include "sim/ports.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds lock_patience = 10s, desk_patience = 60s, lock_look = 50ms,
                                    guardian_look = 50ms;

void note_exits(Process& p) {
    for (; !p.exits.empty(); p.exits.pop_front()) p.signals.push_back({.kind = Signal::Kind::agent_exited});
}

Halt apply(World& world, Process& p, ProcessPorts& ports) {
    Engine engine{world.settings, world.layout, ports.all, world.machine, Actor::helper, observer(world, p)};
    const Instant patience = world.now + lock_patience;
    for (;;) {
        const auto halt = engine.resume(Entry::after_crash);
        if (!halt) return Halt::idle;
        if (*halt != Halt::busy || world.now >= patience) return *halt;
        (void)next_signal(world, p, world.now + lock_look);
    }
}

void shake_hands(World& world, Process& p) {
    p.shaken_hands = true;
    world.at(world.now, {.kind = Event::Kind::wake_all});
}

/// Until it is clear how the renewal went.
bool watch_renewal(World& world, ProcessPorts& ports, const std::string& update_id, std::int64_t dog) {
    Journal journal{ports.files, world.layout};
    const Instant limit = world.now + world.settings.trial.renew_timeout;
    while (world.now < limit && world.find(dog) != nullptr) {
        const auto record = journal.load().record;
        if (!record || record->update_id != update_id) return true;
        const State state = record->progress.state;
        if (state == State::cleaning_up || state == State::committed) return true;
        if (state != State::renewing_watchdog) return false;
        (void)ports.channel.wait(world.clock().now() + guardian_look);
    }
    return false;
}

}  // namespace

int live_as_helper(World& world, Process& p) {
    ProcessPorts ports{world, p};
    p.serve = [&p] { note_exits(p); };
    const auto desk = ports.locks.try_lock(world.layout.helper_socket());
    if (!desk) return 1;
    p.desk = true;
    shake_hands(world, p);
    const Halt halt = apply(world, p, ports);
    if (halt != Halt::busy) (void)ports.services.start(world.settings.programs.front().name);
    return 0;
}

bool is_renewal_under_way(const World& world) {
    return world.locks.contains(world.layout.guardian_lock().generic_string());
}

int live_as_guardian(World& world, Process& p) {
    {
        ProcessPorts ports{world, p};
        p.serve = [&p] { note_exits(p); };
        const std::int64_t dog = std::strtoll(p.argument.c_str(), nullptr, 10);
        const auto record = Journal{ports.files, world.layout}.load().record;
        auto lock = ports.locks.try_lock(world.layout.guardian_lock());
        if (!lock || !record) return 1;
        shake_hands(world, p);
        if (watch_renewal(world, ports, record->update_id, dog)) return 0;
        if (Process* const left = world.find(dog)) world.end(*left, {true, 9});
        auto desk = ports.locks.try_lock(world.layout.helper_socket());
        for (const Instant limit = world.now + desk_patience;
             !desk && world.now < limit && world.watchdog() == nullptr;) {
            lock->reset();  // over: the helper waits for no new watchdog any longer
            (void)ports.channel.wait(world.clock().now() + guardian_look);
            desk = ports.locks.try_lock(world.layout.helper_socket());
        }
        if (desk) {
            p.desk = true;
            (void)apply(world, p, ports);
            (void)ports.services.start(world.settings.programs.front().name);
        } else if (world.watchdog() != nullptr) {
            return 0;  // a service manager has started it again
        }
    }
    become_watchdog(world, p, watchdog_program(world));
    throw Becomes{};
}

void become_watchdog(World& world, Process& p, const std::string& program) {
    const NodePtr image = world.disk.find(program);
    if (p.image->running > 0) --p.image->running;
    ++image->running;
    p.image = image;
    p.version = version_of(image->bytes);
    p.program = Program::watchdog;
    p.shaken_hands = false;
    std::erase_if(world.locks, [&](const auto& held) { return held.second == p.pid; });
    world.tell(name(p.program), fmt::format("becomes {}, version {}", program, p.version));
    world.ghost.image_starts(p);
}

/// The new watchdog's file: staged, or installed already.
std::string fresh_watchdog(const World& world, const std::string& update_id, std::size_t n) {
    const std::string staged =
        world.layout.staged(world.scenario.plan.artifacts[n], update_id, n).generic_string();
    return world.disk.find(staged) ? staged : watchdog_program(world);
}

bool runs_new_watchdog(World& world, const Process& p) {
    const auto record = world.record();
    const auto& artifacts = world.scenario.plan.artifacts;
    const auto found = std::ranges::find(artifacts, Role::watchdog, &Artifact::role);
    if (!record || found == artifacts.end()) return false;
    return world.disk.find(fresh_watchdog(world, record->update_id,
                                          static_cast<std::size_t>(found - artifacts.begin()))) == p.image;
}

Status SimRenewal::renew_watchdog(std::chrono::milliseconds timeout) {
    if (p_.program == Program::guardian)
        return Error{ErrorCode::timed_out, "the new watchdog did not take over"};
    return p_.program == Program::watchdog ? renew_self() : renew_other(timeout);
}

Status SimRenewal::renew_self() {
    if (runs_new_watchdog(world_, p_)) return done();
    const auto record = world_.record();
    const auto& artifacts = world_.scenario.plan.artifacts;
    const auto found = std::ranges::find(artifacts, Role::watchdog, &Artifact::role);
    if (!record || found == artifacts.end())
        return Error{ErrorCode::bug, "no update of a watchdog is in progress"};
    const auto n = static_cast<std::size_t>(found - artifacts.begin());
    const Command guardian{world_.layout.backup(artifacts[n], record->update_id, n),
                           {"--update-guardian", record->update_id, std::to_string(p_.pid)},
                           {}};
    SimProcesses processes{world_, p_};
    auto started = processes.break_away(guardian, 10s);
    for (int tries = 1; !started && tries < 3; ++tries) started = processes.break_away(guardian, 10s);
    if (!started) return std::move(started).error().in("start guardian");
    become_watchdog(world_, p_, fresh_watchdog(world_, record->update_id, n));
    throw Becomes{};
}

Status SimRenewal::renew_other(std::chrono::milliseconds timeout) {
    const Instant limit = world_.now + timeout;
    Instant last_seen = world_.now;
    bool seen = false;
    while (world_.now < limit) {
        const auto answer = ask_watchdog(world_, p_, Ask::Kind::renew, "", 2s);
        if (answer && *answer == "renewed") return done();
        const bool absent =
            !answer && answer.error().code() == ErrorCode::not_found && !is_renewal_under_way(world_);
        if (!absent) last_seen = world_.now;
        seen |= answer.has_value();
        const bool waited = world_.now - last_seen >= std::min<std::chrono::milliseconds>(15s, timeout / 2);
        if (waited && seen) break;
        if (waited) return Error{ErrorCode::not_found, "no watchdog runs"};
        (void)next_signal(world_, p_, world_.now + 50ms);
    }
    return Error{ErrorCode::timed_out, "the watchdog did not become the new one"};
}

}  // namespace update::sim
