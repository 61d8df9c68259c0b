#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "durable/durable.hpp"
#include "layout/layout.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"
#include "os/service_manager.hpp"
#include "os/systemd/check_unit.hpp"
#include "os/systemd/manager.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using Changes = SystemdManager::Changes;

// systemd notices the end of a process within microseconds, unless the machine is overloaded.
constexpr auto notice_timeout = 2s;
// ExecStartPre= comes before there is a process; the guard may put an old version back in it.
constexpr std::chrono::milliseconds birth_timeout = 5s, birth_look = 200ms;
constexpr auto kill_timeout = 5s;

bool is_going_down(const UnitState& s) { return s.active == "deactivating"; }
bool is_down(const UnitState& s) { return !is_up(s) && !is_going_down(s) && !is_waiting_for_restart(s); }
/// systemd has not noticed yet that the main process ended.
bool is_outdated(const UnitState& s) {
    if (s.main_pid == 0) return is_going_down(s) && !is_up(s);  // the rest of it takes a moment
    const auto process = identify(s.main_pid);
    return !process || !is_alive(*process);
}

class SystemdServices final : public Supervision {
 public:
    SystemdServices(EventLoop& loop, const Settings& settings, Files& files, service_manager::OnExit on_exit)
        : loop_{loop}, settings_{settings}, layout_{settings}, files_{files}, on_exit_{std::move(on_exit)} {
        for (const ProgramSettings& program : settings_.programs)
            programs_.emplace(program.name, Program{program, unit_name(settings_, program), {}, {}, false});
    }
    ~SystemdServices() override {
        for (auto& [name, program] : programs_) {
            if (program.followed) loop_.forget(program.followed->handle.get());
            if (program.later) loop_.cancel(*program.later);
        }
    }

    Status adopt() override {
        for (const auto& [name, program] : programs_) {
            // A machine that just boots has them started by systemd; a bus that is not there yet is no reason
            // to end.
            if (auto seen = status(name); !seen && seen.error().code() != ErrorCode::retry_later)
                return std::move(seen).error().in("adopt " + name);
        }
        return done();
    }

    bool supervises(std::int64_t pid) override {
        for (auto& [name, program] : programs_) {
            if (program.followed && program.followed->id.pid == pid && !has_ended(program.followed->handle))
                return true;
            const auto now = manager_.state(program.unit);
            if (!now || pid == 0 || now->main_pid != pid) continue;
            if (!program.followed) (void)follow(program, *now);  // systemd started it by itself
            return true;
        }
        return false;
    }

    Status release() override { return done(); }

    Result<ServiceStatus> status(const std::string& name) override {
        UPDATE_TRY(program, find(name), "status");
        UPDATE_TRY(now, settled(*program), "status of " + name);
        UPDATE_TRY(held, is_held_now(*program, now), "status of " + name);
        ServiceStatus status;
        status.held_by_administrator = held;
        status.last_exit = program->last_exit;
        if (program->followed && has_ended(program->followed->handle)) {
            if (!is_restarted_on_request(now, program->followed->restarts)) {
                status.last_exit = exit_of(*program, now);
                return status;
            }
            forget(*program);
        }
        status.running = is_up(now) || is_going_down(now);  // a stop that was asked for has not ended it yet
        if (!status.running) {
            status.last_exit = last_exit(now);
            return status;
        }
        UPDATE_CHECK(follow(*program, now), "status of " + name);
        if (program->followed) status.process = program->followed->id;
        return status;
    }

    Status start(const std::string& name) override {
        UPDATE_TRY(program, find(name), "start");
        if (program->busy) return Error{ErrorCode::retry_later, "start " + name + ": it is being stopped"};
        UPDATE_TRY(now, settled(*program), "start " + name);
        UPDATE_TRY(held, is_held_now(*program, now), "start " + name);
        forget_ended(*program);
        if (is_up(now)) return follow(*program, now);
        if (held)
            return Error{ErrorCode::refused, "start " + name + ": stopped or disabled by the administrator"};
        UPDATE_TRY(changes, manager_.watch(program->unit), "start " + name);
        if (is_waiting_for_restart(now)) {
            UPDATE_CHECK(manager_.restart(program->unit), "start " + name);
        } else {
            (void)manager_.reset_failed(program->unit);
            UPDATE_CHECK(manager_.start(program->unit), "start " + name);
        }
        return await_birth(*program, now, *changes);
    }

    Status stop(const std::string& name) override {
        UPDATE_TRY(program, find(name), "stop");
        if (program->busy) return Error{ErrorCode::retry_later, "stop " + name + ": it is being stopped"};
        program->busy = true;
        const std::unique_ptr<Program, void (*)(Program*)> not_busy{program,
                                                                    [](Program* p) { p->busy = false; }};
        UPDATE_TRY(seen, manager_.activity(program->unit), "stop " + name);
        UPDATE_CHECK(check_loaded(seen, program->unit), "stop " + name);
        if (is_down(seen)) {
            forget_ended(*program);
            return done();
        }
        UPDATE_TRY(now, manager_.state(program->unit), "stop " + name);
        UPDATE_TRY(changes, manager_.watch(program->unit), "stop " + name);
        const bool ours = !is_going_down(now);  // else somebody else has asked already
        if (ours) {
            UPDATE_CHECK(note_our_stop(*program, now), "stop " + name);
            UPDATE_CHECK(manager_.stop(program->unit), "stop " + name);
        }
        UPDATE_CHECK(await_end(*program, *changes), "stop " + name);
        if (!ours) return done();
        UPDATE_TRY(ended, manager_.state(program->unit), "stop " + name);
        if (ended.invocation == now.invocation) return done();
        return note_our_stop(*program, ended);  // systemd's own restart came between the look and the stop
    }

    Result<std::vector<Finding>> check_restart_path(const std::string& name) override {
        UPDATE_TRY(program, find(name), "check restart path");
        return check_unit(manager_, settings_, program->settings);
    }

 private:
    struct Followed {
        ProcessId id;
        Fd handle;
        unsigned restarts;
    };
    struct Program {
        ProgramSettings settings;
        std::string unit;
        std::optional<Followed> followed;  ///< ended ones stay until the next start
        std::optional<ExitStatus> last_exit;
        bool busy = false;  ///< inside stop, which runs callbacks
        std::optional<EventLoop::Timer> later{};
    };

    Result<Program*> find(const std::string& name) {
        const auto found = programs_.find(name);
        if (found == programs_.end()) return Error{ErrorCode::not_found, "no program is called " + name};
        return &found->second;
    }

    /// The state once systemd has noticed what the kernel knows.
    Result<UnitState> settled(const Program& program) {
        UPDATE_TRY(now, manager_.state(program.unit), "systemd");
        UPDATE_CHECK(check_loaded(now, program.unit), "systemd");
        if (!is_outdated(now)) return now;
        UPDATE_TRY(changes, manager_.watch(program.unit), "systemd");
        const Instant patience = EventLoop::now() + notice_timeout;
        for (;;) {
            UPDATE_TRY(later, manager_.state(program.unit), "systemd");
            if (!is_outdated(later)) return later;
            if (EventLoop::now() >= patience)
                return Error{ErrorCode::retry_later,
                             fmt::format("{} has ended, but systemd calls it {}", program.unit, later.sub)};
            changes->wait(10ms);
            (void)changes->take();
        }
    }

    static std::optional<ExitStatus> exit_of(const Program& program, const UnitState& now) {
        if (now.last_pid != program.followed->id.pid)
            return program.last_exit;  // systemd started another one since
        return last_exit(now);
    }

    // --- whose stop it was

    /// Names one life of the unit: a stop that was ours says nothing of a later one.
    Status note_our_stop(const Program& program, const UnitState& now) {
        return write_durably(files_, layout_.stopped_file(program.settings.name), now.invocation);
    }

    Result<bool> is_held_now(const Program& program, const UnitState& now) {
        UPDATE_TRY(held, exists(files_, layout_.held_file(program.settings.name)), "held");
        if (held) return true;
        if (!is_held(now, StoppedBy::others)) return false;
        const auto ours = read_text(files_, layout_.stopped_file(program.settings.name), 64);
        const bool by_us = ours && *ours == now.invocation;
        return is_held(now, by_us ? StoppedBy::us : StoppedBy::others);
    }

    // --- processes

    Status follow(Program& program, const UnitState& now) {
        if (program.followed && program.followed->id.pid == now.main_pid) return done();
        forget(program);
        const auto id = identify(now.main_pid);
        if (now.main_pid == 0 || !id) {
            look_later(program);
            return done();
        }
        auto handle = open_process(*id);
        if (!handle && handle.error().code() == ErrorCode::not_found) {
            look_later(program);
            return done();
        }
        if (!handle) return std::move(handle).error();
        const int fd = handle->get();
        UPDATE_CHECK(loop_.watch(fd, EventLoop::Interest::read, [this, &program](Ready) { on_end(program); }),
                     "follow process");
        program.followed = Followed{*id, std::move(*handle), now.restarts};
        return done();
    }

    void on_end(Program& program) {
        loop_.forget(program.followed->handle.get());
        if (program.busy) return;  // it was asked for
        const auto now = settled(program);
        if (!now || is_restarted_on_request(*now, program.followed->restarts)) {
            forget(program);
            return look_later(program);
        }
        program.last_exit = exit_of(program, *now);
        on_exit_(program.settings.name, program.last_exit);
    }

    /// There was no process to follow yet, or systemd did not answer: whoever waits for its end has to be
    /// told then.
    void look_later(Program& program) {
        if (program.later) return;
        program.later = loop_.call_at(EventLoop::now() + birth_look, [this, &program] {
            program.later.reset();
            if (program.followed) return;  // a look in between found it, and its end is told by itself
            const auto now = status(program.settings.name);
            if (!now && now.error().code() == ErrorCode::retry_later) return look_later(program);
            if (!now || !now->running)
                on_exit_(program.settings.name, now ? now->last_exit : program.last_exit);
        });
    }

    void forget(Program& program) {
        if (program.followed) loop_.forget(program.followed->handle.get());
        program.followed.reset();
    }
    void forget_ended(Program& program) {
        if (program.followed && has_ended(program.followed->handle)) forget(program);
        program.last_exit.reset();
    }

    /// While ExecStartPre= runs, the process of before is forgotten and the new one is not there.
    Status await_birth(Program& program, const UnitState& before, Changes& changes) {
        const Instant patience = EventLoop::now() + birth_timeout;
        for (;;) {
            UPDATE_TRY(now, manager_.state(program.unit), "start");
            const bool born = now.process_start_us != 0 && now.process_start_us != before.process_start_us;
            if (born) return now.main_pid != 0 ? follow(program, now) : explain_stillbirth(program, now);
            if (EventLoop::now() < patience) {
                changes.wait(20ms);
                (void)changes.take();
                continue;
            }
            if (!is_up(now))
                return Error{ErrorCode::retry_later, fmt::format("systemd does not start {}: {}, {}",
                                                                 program.unit, now.active, now.result)};
            look_later(program);
            return done();
        }
    }

    /// It ran and has ended by now; or it could not be executed at all (systemd's own exit code 203).
    Status explain_stillbirth(Program& program, const UnitState& now) {
        constexpr int exec_failed = 203;
        if (now.exit_value == exec_failed && last_exit(now))
            return Error{ErrorCode::unsupported, fmt::format("{} cannot be executed", program.settings.path)};
        look_later(program);
        return done();
    }

    Status await_end(Program& program, Changes& changes) {
        const int fd = changes.descriptor();
        UPDATE_CHECK(loop_.watch(fd, EventLoop::Interest::read, [&changes](Ready) { (void)changes.take(); }),
                     "wait");
        const std::unique_ptr<EventLoop, std::function<void(EventLoop*)>> unwatched{
            &loop_, [fd](EventLoop* loop) { loop->forget(fd); }};
        const Instant ask_limit = EventLoop::now() + program.settings.stop_timeout;
        const Instant limit = ask_limit + kill_timeout;
        bool killed = false;
        for (;;) {
            (void)changes.take();
            UPDATE_TRY(now, manager_.activity(program.unit), "look");
            if (is_down(now)) break;
            if (changes.take()) continue;  // what came with an answer does not make the descriptor readable
            if (EventLoop::now() >= limit)
                return Error{ErrorCode::timed_out, fmt::format("{} is still {}", program.unit, now.active)};
            if (EventLoop::now() >= ask_limit && !std::exchange(killed, true))
                UPDATE_CHECK(manager_.kill(program.unit), "after its stop_timeout");
            loop_.run_once(killed ? limit : ask_limit);
        }
        forget(program);
        program.last_exit.reset();
        return done();
    }

    EventLoop& loop_;
    const Settings settings_;
    const Layout layout_;
    Files& files_;
    service_manager::OnExit on_exit_;
    SystemdManager manager_;
    std::map<std::string, Program> programs_;
};

}  // namespace

Result<std::unique_ptr<Supervision>> service_manager::make_services(EventLoop& loop, const Settings& settings,
                                                                    Files& files, OnExit on_exit) {
    return std::unique_ptr<Supervision>{
        std::make_unique<SystemdServices>(loop, settings, files, std::move(on_exit))};
}

}  // namespace update
