#include <fmt/format.h>
#include <utility>

#include "sim/actors.hpp"
#include "sim/ports.hpp"

namespace update::sim {

using namespace std::chrono_literals;

namespace {

bool cannot_stop_itself(const Process& p) {
    return p.program == Program::agent || p.program == Program::guard;
}

}  // namespace

Result<ServiceStatus> SimServices::status(const std::string& program) {
    if (p_.killed) throw Killed{};
    if (p_.program == Program::agent) return ServiceStatus{true, {p_.pid, 1}, {}, false};
    if (world_.meets(FaultKind::unreadable_state))
        return Error{ErrorCode::retry_later, "the process table cannot be read"};
    ServiceStatus status;
    status.last_exit = world_.services[program].last_exit;
    status.held_by_administrator = world_.services[program].held;
    if (const Process* const process = world_.running(program)) {
        status.running = true;
        status.process = {process->pid, 1};
        p_.supervised[program] = process->pid;
    }
    return status;
}

Status SimServices::start(const std::string& program) {
    (void)world_.point(p_, Op::other, "start", program);
    world_.tell(name(p_.program), "start " + program);
    if (cannot_stop_itself(p_)) return Error{ErrorCode::refused, program + " cannot start itself"};
    World::Service& service = world_.services[program];
    if (service.held) return Error{ErrorCode::refused, "an administrator stopped it"};
    if (const Process* const process = world_.running(program)) {
        p_.supervised[program] = process->pid;
        return done();
    }
    if (world_.scenario.keeper == Keeper::both) return start_by_manager(program);
    const bool is_agent = program == world_.settings.programs.front().name;
    UPDATE_TRY(process,
               world_.exec(program_path(world_, program), is_agent ? Program::agent : Program::companion, ""),
               "start");
    process->service = program;
    world_.ghost.member_starts(*process);
    p_.supervised[program] = process->pid;
    return done();
}

/// As os/systemd and os/scm do: until there is a process, or there was one.
Status SimServices::start_by_manager(const std::string& program) {
    World::Service& service = world_.services[program];
    const unsigned starts = service.starts;
    service.stopped_by_applier = false;
    world_.manager_start(program, true);
    for (const Instant limit = world_.now + 5s; service.starts == starts;) {
        if (world_.now >= limit)
            return Error{ErrorCode::retry_later, "the service manager does not start it"};
        world_.block(p_, std::min(limit, world_.now + 20ms));
    }
    if (const Process* const process = world_.running(program))
        p_.supervised[program] = process->pid;
    else
        p_.exits.emplace_back(program, service.last_exit);
    return done();
}

Status SimServices::stop(const std::string& program) {
    (void)world_.point(p_, Op::other, "stop", program);
    world_.tell(name(p_.program), "stop " + program);
    if (cannot_stop_itself(p_)) return Error{ErrorCode::refused, program + " cannot stop itself"};
    if (world_.scenario.keeper == Keeper::both) world_.services[program].stopped_by_applier = true;
    Process* process = world_.running(program);
    if (process == nullptr) return done();
    const std::int64_t pid = process->pid;
    p_.supervised.erase(program);  // its end was asked for: nobody here is told of it
    process->stopping = true;
    if (std::exchange(process->made_deaf, false)) world_.troubles.count(FaultKind::agent_ignores_stop);
    if (process->waits) world_.poke(*process);
    std::chrono::milliseconds patience = 10s;
    for (const ProgramSettings& p : world_.settings.programs)
        if (p.name == program) patience = p.stop_timeout;
    const Instant limit = world_.now + patience;
    while (world_.now < limit && world_.find(pid) != nullptr) {
        world_.block(p_, limit);
        p_.serve();
    }
    if (Process* const left = world_.find(pid)) world_.end(*left, {true, 9});
    return done();
}

Result<std::vector<Finding>> SimServices::check_restart_path(const std::string& program) {
    if (world_.settings.restarted_on_failure) return std::vector<Finding>{{true, "restarted on failure", ""}};
    if (world_.watchdog() != nullptr)
        return std::vector<Finding>{{true, "the watchdog supervises " + program, ""}};
    return std::vector<Finding>{{false, "nobody would start it again", "start the watchdog"}};
}

/// Where the SCM restarts the agent it runs the guard from then on (os/scm), until the update is over.
Status SimServices::prepare_exchange(const std::string& program) {
    (void)world_.point(p_, Op::other, "prepare exchange of", program);
    world_.guard_comes_first = world_.scenario.guard && world_.platform == Platform::windows_rules;
    return done();
}

}  // namespace update::sim
