#include "os/children.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <utility>

#include "os/child_process.hpp"
#include "os/child_start.hpp"
#include "os/file_lock.hpp"
#include "os/ipc_client.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"
#include "os/run_record.hpp"
#include "os/spawn.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;

// Somebody else's start takes milliseconds, a stop as long as its program wants: not worth waiting for.
constexpr auto lock_timeout = 2s;
// A killed process is gone as soon as it leaves the kernel; longer means a dead disk or network file system.
constexpr auto kill_timeout = 5s;
constexpr auto ask_timeout = 2s;

/// Where the network is reached through a proxy, the programs have to know of it.
void add_proxies(std::vector<std::string>& variables) {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
                             "NO_PROXY"})  // what curl reads; HTTP_PROXY it does not, for CGI's sake
        if (const char* value = std::getenv(name); value != nullptr)
            variables.push_back(std::string{name} + "=" + value);
}

}  // namespace

struct ChildServices::Program {
    ProgramSettings settings;
    std::optional<ChildProcess> running;  ///< its exit, perhaps already due, has not been reported
    std::optional<ExitStatus> last_exit;
    bool busy = false;  ///< inside stop, which runs callbacks
    bool stopping = false;
};

ChildServices::ChildServices(EventLoop& loop, const Settings& settings, ChildOptions options, OnExit on_exit,
                             std::string boot_id)
    : loop_{loop},
      layout_{settings},
      options_{std::move(options)},
      on_exit_{std::move(on_exit)},
      boot_id_{std::move(boot_id)} {
    if (options_.watchdog_socket.empty()) options_.watchdog_socket = layout_.watchdog_socket();
    for (const ProgramSettings& program : settings.programs) {
        auto entry = std::make_unique<Program>();
        entry->settings = program;
        programs_[program.name] = std::move(entry);
    }
}

Result<std::unique_ptr<ChildServices>> ChildServices::create(EventLoop& loop, const Settings& settings,
                                                             ChildOptions options, OnExit on_exit) {
    UPDATE_TRY(boot_id, read_boot_id(), "supervise programs");
    return std::unique_ptr<ChildServices>{
        new ChildServices{loop, settings, std::move(options), std::move(on_exit), std::move(boot_id)}};
}

ChildServices::~ChildServices() {
    for (const auto& [name, program] : programs_)
        if (program->running) loop_.forget(program->running->waitable());
}

Status ChildServices::adopt() {
    for (const auto& [name, program] : programs_) UPDATE_CHECK(look(*program), "adopt " + name);
    return done();
}

bool ChildServices::supervises(std::int64_t pid) {
    for (const auto& [name, program] : programs_)
        if (program->running && program->running->id().pid == pid && !program->running->has_ended())
            return true;
    return false;
}

Status ChildServices::release() {
    Status first = done();
    for (const auto& [name, program] : programs_)
        if (auto stopped = stop(name); !stopped && first) first = std::move(stopped);
    return first;
}

Result<ServiceStatus> ChildServices::status(const std::string& name) {
    UPDATE_TRY(program, find(name), "status");
    UPDATE_CHECK(look(*program), "status of " + name);
    UPDATE_TRY(held, is_there(layout_.held_file(name)), "status of " + name);
    ServiceStatus status;
    status.running = program->running && !program->running->has_ended();
    if (status.running) status.process = program->running->id();
    // One that has ended is reported by the loop later, but how it ended must not be the end of one before
    // it.
    const bool unreported = program->running && !status.running;
    status.last_exit = unreported ? program->running->exit() : program->last_exit;
    status.held_by_administrator = held;
    return status;
}

Status ChildServices::start(const std::string& name) {
    UPDATE_TRY(program, find(name), "start");
    if (program->busy)
        return Error{ErrorCode::retry_later, "start " + name + ": it is being started or stopped"};
    auto lock = lock_file(layout_.start_lock(name), EventLoop::now() + lock_timeout);
    if (!lock) return std::move(lock).error().in("start " + name);
    UPDATE_CHECK(look(*program), "start " + name);
    if (program->running && !program->running->has_ended()) return done();
    UPDATE_TRY(held, is_there(layout_.held_file(name)), "start " + name);
    if (held) return Error{ErrorCode::refused, "start " + name + ": held by the administrator"};
    UPDATE_CHECK(launch(*program), "start " + name);
    return done();
}

Status ChildServices::launch(Program& program) {
    const std::string& name = program.settings.name;
    if (program.running) collect(program);
    UPDATE_TRY(started,
               start_child({{layout_.install_root() / program.settings.path, program.settings.arguments, {}},
                            name,
                            environment(),
                            layout_.pid_file(name),
                            boot_id_,
                            options_.supervisor == Supervisor::this_process ? ChildOutput::inherited
                                                                            : ChildOutput::dropped}),
               "launch");
    return follow(program, std::move(started));
}

Status ChildServices::stop(const std::string& name) {
    UPDATE_TRY(program, find(name), "stop");
    if (program->busy)
        return Error{ErrorCode::retry_later, "stop " + name + ": it is being started or stopped"};
    program->busy = true;
    const std::unique_ptr<Program, void (*)(Program*)> not_busy{program, [](Program* p) { p->busy = false; }};
    auto lock = lock_file(layout_.start_lock(name), EventLoop::now() + lock_timeout);
    if (!lock) return std::move(lock).error().in("stop " + name);
    UPDATE_CHECK(look(*program), "stop " + name);
    if (program->running) UPDATE_CHECK(end(*program), "stop " + name);
    return done();  // the record stays: it names no living process, and keeps room for the next one
}

Status ChildServices::end(Program& program) {
    program.stopping = true;
    const std::unique_ptr<Program, void (*)(Program*)> not_stopping{&program,
                                                                    [](Program* p) { p->stopping = false; }};
    ChildProcess& process = *program.running;
    if (auto asked = process.ask_to_end(); !asked) return asked;
    pump_until_ended(program, EventLoop::now() + program.settings.stop_timeout);
    if (!process.has_ended()) {
        if (auto killed = process.kill(); !killed) return killed;
        pump_until_ended(program, EventLoop::now() + kill_timeout);
    }
    if (!process.has_ended())
        return Error{ErrorCode::timed_out, fmt::format("process {} survives being killed", process.id().pid)};
    collect(program);
    return done();
}

void ChildServices::pump_until_ended(Program& program, Instant deadline) {
    while (!program.running->has_ended() && EventLoop::now() < deadline) loop_.run_once(deadline);
}

Result<ChildServices::Program*> ChildServices::find(const std::string& name) {
    const auto found = programs_.find(name);
    if (found == programs_.end()) return Error{ErrorCode::not_found, "no program is called " + name};
    return found->second.get();
}

/// Finds out whether it runs, and follows it from then on.
Status ChildServices::look(Program& program) {
    if (program.running && !program.running->has_ended()) return done();
    UPDATE_TRY(record, read_run_record(layout_.pid_file(program.settings.name)), "run record");
    if (!record || record->boot_id != boot_id_) return done();
    if (program.running && record->process == program.running->id()) return done();
    if (!is_alive(record->process)) return done();
    if (program.running) collect(program);
    auto process = ChildProcess::adopt(*record);
    if (!process && process.error().code() == ErrorCode::not_found) return done();  // ended just now
    if (!process) return std::move(process).error();
    return follow(program, std::move(*process));
}

Status ChildServices::follow(Program& program, ChildProcess process) {
    UPDATE_CHECK(loop_.watch(process.waitable(), EventLoop::Interest::read,
                             [this, &program](Ready) { on_handle_ready(program); }),
                 "follow process");
    program.running = std::move(process);
    return done();
}

void ChildServices::on_handle_ready(Program& program) {
    if (program.stopping) return loop_.forget(program.running->waitable());  // `end` is looking at the handle
    collect(program);
    on_exit_(program.settings.name, program.last_exit);
}

/// It has ended: ends what it left behind in its group (as a service manager does), and frees its number
/// after that.
void ChildServices::collect(Program& program) {
    loop_.forget(program.running->waitable());
    program.last_exit = program.running->collect();
    program.running.reset();
}

std::vector<std::string> ChildServices::environment() const {
    std::vector<std::string> variables = scrubbed_environment();
    add_proxies(variables);
    variables.push_back("UPDATE_SUPERVISOR=1");
    variables.push_back("UPDATE_SOCKET=" + options_.watchdog_socket.string());
    if (!options_.config_file.empty()) variables.push_back("UPDATE_CONFIG=" + options_.config_file.string());
    return variables;
}

Finding ChildServices::supervisor_finding() const {
    if (options_.supervisor == Supervisor::this_process)
        return {true, "restarted after any exit: by this watchdog", {}};
    const auto reply = ask(options_.watchdog_socket, ipc::Request{}, ask_timeout);
    if (reply) return {true, "restarted after any exit: a watchdog answers", {}};
    return {false, "no watchdog to restart it: " + reply.error().message(), "start the watchdog"};
}

Result<std::vector<Finding>> ChildServices::check_restart_path(const std::string& name) {
    UPDATE_TRY(program, find(name), "check restart path");
    UPDATE_TRY(held, is_there(layout_.held_file(name)), "check restart path of " + name);
    const Path image = layout_.install_root() / program->settings.path;
    std::vector<Finding> findings{supervisor_finding()};
    if (held)
        findings.push_back(
            {false, name + " is held by the administrator", "remove " + layout_.held_file(name).string()});
    if (const auto executable = check_executable(image); !executable)
        findings.push_back(
            {false, executable.error().message(), "install the program or make it executable"});
    return findings;
}

}  // namespace update
