// Who runs: how processes start, take turns, wait and end.
#include <algorithm>
#include <fmt/format.h>

#include "sim/actors.hpp"
#include "sim/world.hpp"

namespace update::sim {

std::string_view name(Program program) {
    constexpr std::string_view names[] = {"agent", "watchdog", "helper",    "guardian",
                                          "guard", "rescue",   "updatectl", "companion"};
    return names[static_cast<std::size_t>(program)];
}

Process* World::find(std::int64_t pid) {
    for (auto& p : processes_)
        if (p->pid == pid && p->alive) return p.get();
    return nullptr;
}
Process* World::running(const std::string& service) {
    for (auto& p : processes_)
        if (p->alive && p->service == service) return p.get();
    return nullptr;
}
Process* World::watchdog() {
    for (auto& p : processes_)
        if (p->alive && p->program == Program::watchdog) return p.get();
    return nullptr;
}

bool World::resume_somebody() {
    for (auto& p : processes_) {
        if (!p->alive || !p->fiber || (p->waits && p->wake > now)) continue;
        current_ = p.get();
        p->fiber->resume();
        current_ = nullptr;
        return true;
    }
    return false;
}

void World::reap() {
    std::erase_if(processes_, [](const auto& p) {
        return !p->alive && (!p->fiber || !p->fiber->started() || p->fiber->ended());
    });
}

void World::block(Process& p, Instant until) {
    p.wake = until;
    p.waits = true;
    Process* const self = current_;
    p.fiber->suspend();
    current_ = self;
    p.waits = false;
    if (p.killed || !p.alive) throw Killed{};
}

void World::spend(Process& p, std::chrono::microseconds time) {
    const Instant until = now + time;
    while (now < until) block(p, until);
}

void World::start_fiber(Process& p) {
    p.started = now;
    p.fiber = std::make_unique<Fiber>([this, &p] {
        int code = 0;
        for (;;) {
            try {
                if (p.killed) return;
                code = live(*this, p);
            } catch (const Killed&) {
                return;
            } catch (const Becomes&) {
                continue;
            }
            break;
        }
        end(p, {false, code});
    });
    p.waits = false;
}

Result<Process*> World::exec(const std::string& path, Program program, std::string argument) {
    if (meets(FaultKind::no_start)) return Error{ErrorCode::retry_later, "no process can be started"};
    const NodePtr image = disk.find(path);
    if (!image) return Error{ErrorCode::not_found, path};
    auto p = std::make_unique<Process>();
    p->program = program;
    p->argument = std::move(argument);
    p->image = image;
    p->version = version_of(image->bytes);
    p->pid = ++last_pid_;
    ++image->running;
    processes_.push_back(std::move(p));
    Process& started = *processes_.back();
    tell(name(program), fmt::format("starts, version {}, pid {}", started.version, started.pid));
    ghost.image_starts(started);
    start_fiber(started);
    return &started;
}

/// The process is gone at once; its stack is unwound now, or by the Killed that the caller throws.
void World::end(Process& p, ExitStatus exit) {
    if (!p.alive) return;
    p.alive = false;
    p.killed = true;
    const bool guarded = std::ranges::any_of(
        processes_, [](const auto& other) { return other->alive && other->program == Program::guardian; });
    if (p.program == Program::watchdog && guarded && !off_) ghost.watchdog_died_on_trial = true;
    if (p.image && p.image->running > 0) --p.image->running;
    std::erase_if(locks, [&](const auto& held) { return held.second == p.pid; });
    for (auto& ask : p.asks) {
        ask->answered = true;
        ask->error = Error{ErrorCode::retry_later, "the connection broke"};
    }
    if (p.fiber && p.fiber->started() && !p.fiber->ended() && &p != current_) {
        Process* const self = current_;
        current_ = &p;
        p.fiber->resume();
        current_ = self;
    }
    if (off_) return;
    tell(name(p.program), fmt::format("{} {}", exit.signalled ? "killed by" : "ends with", exit.value));
    supervise_exit(p, exit);
    for (auto& other : processes_)
        if (other->alive && other->waits) poke(*other);
}

}  // namespace update::sim
