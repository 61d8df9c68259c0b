#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "os/child_start.hpp"
#include "os/children.hpp"
#include "os/file_lock.hpp"
#include "os/ipc_client.hpp"
#include "os/os_error.hpp"
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

Result<bool> is_there(const Path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT) return false;
    return os_error(errno, "look at " + path.string());
}

std::optional<ExitStatus> ask_exit(const Fd& process, int options) {
    siginfo_t info{};
    int result = 0;
    do
        result = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process.get()), &info,
                          WEXITED | WNOHANG | options);
    while (result != 0 && errno == EINTR);
    if (result != 0 || info.si_pid == 0) return std::nullopt;
    return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

/// How it ended; absent when it is not our child.
std::optional<ExitStatus> look_at_exit(const Fd& process) { return ask_exit(process, WNOWAIT); }
/// As above, and frees its number.
std::optional<ExitStatus> reap(const Fd& process) { return ask_exit(process, 0); }

/// A group's number is not given away while a member lives, or while its leader is not reaped. Between the
/// end of an adopted leader and this call the number could only come back after a whole round of all numbers.
void kill_group(std::int64_t leader) { ::kill(static_cast<pid_t>(-leader), SIGKILL); }

}  // namespace

struct ChildServices::Program {
    struct Running {
        ProcessId id;
        Fd handle;
    };
    ProgramSettings settings;
    std::optional<Running> running;  ///< its exit, perhaps already due, has not been reported
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
        if (program->running) loop_.forget(program->running->handle.get());
}

Status ChildServices::adopt() {
    for (const auto& [name, program] : programs_) UPDATE_CHECK(look(*program), "adopt " + name);
    return done();
}

bool ChildServices::supervises(std::int64_t pid) {
    for (const auto& [name, program] : programs_)
        if (program->running && program->running->id.pid == pid && !has_ended(program->running->handle))
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
    status.running = program->running && !has_ended(program->running->handle);
    if (status.running) status.process = program->running->id;
    // One that has ended is reported by the loop later, but how it ended must not be the end of one before
    // it.
    const bool unreported = program->running && !status.running;
    status.last_exit = unreported ? look_at_exit(program->running->handle) : program->last_exit;
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
    if (program->running && !has_ended(program->running->handle)) return done();
    UPDATE_TRY(held, is_there(layout_.held_file(name)), "start " + name);
    if (held) return Error{ErrorCode::refused, "start " + name + ": held by the administrator"};
    UPDATE_CHECK(launch(*program), "start " + name);
    return done();
}

Status ChildServices::launch(Program& program) {
    const std::string& name = program.settings.name;
    if (program.running) collect(program);
    UPDATE_TRY(id,
               start_child({{layout_.install_root() / program.settings.path, program.settings.arguments, {}},
                            name,
                            environment(),
                            layout_.pid_file(name),
                            boot_id_,
                            options_.supervisor == Supervisor::this_process ? ChildOutput::inherited
                                                                            : ChildOutput::dropped}),
               "launch");
    return follow(program, id);
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
    const auto& [id, handle] = *program.running;
    if (auto asked = send_signal(handle, SIGTERM); !asked && asked.error().code() != ErrorCode::not_found)
        return asked;
    pump_until_ended(program, EventLoop::now() + program.settings.stop_timeout);
    if (!has_ended(handle)) {
        kill_group(id.pid);
        // It may have left its group; the handle still means it.
        if (auto killed = send_signal(handle, SIGKILL);
            !killed && killed.error().code() != ErrorCode::not_found)
            return killed;
        pump_until_ended(program, EventLoop::now() + kill_timeout);
    }
    if (!has_ended(handle))
        return Error{ErrorCode::timed_out, fmt::format("process {} survives SIGKILL", id.pid)};
    collect(program);
    return done();
}

void ChildServices::pump_until_ended(Program& program, Instant deadline) {
    while (!has_ended(program.running->handle) && EventLoop::now() < deadline) loop_.run_once(deadline);
}

Result<ChildServices::Program*> ChildServices::find(const std::string& name) {
    const auto found = programs_.find(name);
    if (found == programs_.end()) return Error{ErrorCode::not_found, "no program is called " + name};
    return found->second.get();
}

/// Finds out whether it runs, and follows it from then on.
Status ChildServices::look(Program& program) {
    if (program.running && !has_ended(program.running->handle)) return done();
    UPDATE_TRY(record, read_run_record(layout_.pid_file(program.settings.name)), "run record");
    if (!record || record->boot_id != boot_id_) return done();
    if (program.running && record->process == program.running->id) return done();
    if (!is_alive(record->process)) return done();
    if (program.running) collect(program);
    return follow(program, record->process);
}

Status ChildServices::follow(Program& program, const ProcessId& id) {
    auto handle = open_process(id);
    if (!handle && handle.error().code() == ErrorCode::not_found) return done();  // ended just now
    if (!handle) return std::move(handle).error();
    const int fd = handle->get();
    UPDATE_CHECK(
        loop_.watch(fd, EventLoop::Interest::read, [this, &program](Ready) { on_handle_ready(program); }),
        "follow process");
    program.running = Program::Running{id, std::move(*handle)};
    return done();
}

void ChildServices::on_handle_ready(Program& program) {
    if (program.stopping)
        return loop_.forget(program.running->handle.get());  // `end` is looking at the handle
    collect(program);
    on_exit_(program.settings.name, program.last_exit);
}

/// It has ended: ends what it left behind in its group (as a service manager does), and frees its number
/// after that.
void ChildServices::collect(Program& program) {
    loop_.forget(program.running->handle.get());
    kill_group(program.running->id.pid);
    program.last_exit = reap(program.running->handle);
    program.running.reset();
}

std::vector<std::string> ChildServices::environment() const {
    std::vector<std::string> variables = scrubbed_environment();
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
    if (::access(image.c_str(), X_OK) != 0)
        findings.push_back({false, os_error(errno, image.string() + " cannot be executed").message(),
                            "install the program or make it executable"});
    return findings;
}

}  // namespace update
