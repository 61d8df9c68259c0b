// The programs as services of Windows.
#include <fmt/format.h>
#include <map>

#include "durable/durable.hpp"
#include "layout/layout.hpp"
#include "os/open_process.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"
#include "os/scm/manager.hpp"
#include "os/scm/own_stop.hpp"
#include "os/service_manager.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;

// The SCM notices the end of a process within milliseconds, unless the machine is overloaded.
constexpr auto notice_timeout = 2s;
constexpr auto look_period = 50ms, birth_look = 200ms;
constexpr auto kill_timeout = 5s;
constexpr std::uint32_t process_aborted = ERROR_PROCESS_ABORTED;

class ScmServices final : public Supervision {
 public:
    ScmServices(EventLoop& loop, const Settings& settings, Files& files, service_manager::OnExit on_exit)
        : loop_{loop}, settings_{settings}, layout_{settings}, files_{files}, on_exit_{std::move(on_exit)} {
        for (const ProgramSettings& program : settings_.programs)
            programs_.emplace(program.name,
                              Program{program, service_name(settings_, program), {}, {}, false});
    }
    ~ScmServices() override {
        for (auto& [name, program] : programs_) {
            if (program.followed) loop_.forget(program.followed->handle.get());
            if (program.later) loop_.cancel(*program.later);
        }
    }

    Status adopt() override {
        for (const auto& [name, program] : programs_) {
            // At boot they may not have been started yet.
            if (auto seen = status(name); !seen && seen.error().code() != ErrorCode::retry_later)
                return std::move(seen).error().in("adopt " + name);
        }
        return done();
    }

    bool supervises(std::int64_t pid) override {
        for (auto& [name, program] : programs_) {
            if (program.followed && program.followed->id.pid == pid && !has_ended(program.followed->handle))
                return true;
            const auto now = manager_.state(program.service);
            if (!now || pid == 0 || now->pid != pid) continue;
            if (!program.followed) (void)follow(program, *now);  // the SCM started it by itself
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
            status.last_exit =
                exit_of(program->followed->handle.get()).value_or(program->last_exit.value_or(ExitStatus{}));
            return status;
        }
        status.running = !is_down(now);  // a stop that was asked for has not ended it yet
        if (!status.running) {
            if (!status.last_exit) status.last_exit = last_exit(now);
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
        UPDATE_CHECK(make_notice(*program), "start " + name);
        const auto noted = own_stop_.noted(name);
        UPDATE_CHECK(manager_.start(program->service), "start " + name);
        UPDATE_TRY(born, manager_.state(program->service), "start " + name);
        UPDATE_CHECK(follow(*program, born), "start " + name);
        // Not before: after a start that failed, or that nobody came to, the stop of before is still ours.
        if (is_up(born)) return own_stop_.forget(name, noted);
        return done();
    }

    Status stop(const std::string& name) override {
        UPDATE_TRY(program, find(name), "stop");
        if (program->busy) return Error{ErrorCode::retry_later, "stop " + name + ": it is being stopped"};
        program->busy = true;
        const std::unique_ptr<Program, void (*)(Program*)> not_busy{program,
                                                                    [](Program* p) { p->busy = false; }};
        UPDATE_TRY(now, settled(*program), "stop " + name);
        if (is_down(now)) {
            forget_ended(*program);
            return done();
        }
        UPDATE_CHECK(follow(*program, now), "stop " + name);
        if (now.phase != ScmPhase::stopping)  // else somebody else has asked already
            UPDATE_CHECK(note_stop(*program), "stop " + name);
        UPDATE_CHECK(await_end(*program), "stop " + name);
        return done();
    }

    Result<std::vector<Finding>> check_restart_path(const std::string& name) override {
        UPDATE_TRY(program, find(name), "check restart path");
        UPDATE_TRY(now, manager_.config(program->service), "check restart path");
        for (const ScmService& wanted : scm_services(settings_))
            if (wanted.name == program->service) return check_recovery(now, wanted, settings_);
        return Error{ErrorCode::bug, "no service is wanted for " + name};
    }

 private:
    struct Followed {
        ProcessId id;
        Owned handle;
    };
    struct Program {
        ProgramSettings settings;
        std::string service;
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

    static bool is_dead(std::int64_t pid) {
        if (pid == 0) return false;
        const auto process = identify(pid);
        return process ? !is_alive(*process) : process.error().code() == ErrorCode::not_found;
    }

    /// The state once the SCM has noticed what the kernel knows. Where it does not (Wine's never does), the
    /// kernel is believed: the process is dead.
    Result<ScmState> settled(const Program& program) {
        const Instant patience = EventLoop::now() + notice_timeout;
        for (;;) {
            UPDATE_TRY(now, manager_.state(program.service), "service manager");
            if (is_down(now) || !is_dead(now.pid)) return now;
            if (EventLoop::now() >= patience) {
                now.phase = ScmPhase::stopped;
                now.pid = 0;
                now.error = process_aborted;
                return now;
            }
            ::Sleep(10);
        }
    }

    /// An SCM that has not noticed the end of a process does at a stop, and only then starts another one.
    /// That stop is no administrator's.
    Status make_notice(const Program& program) {
        UPDATE_TRY(now, manager_.state(program.service), "service manager");
        if (is_down(now) || !is_dead(now.pid)) return done();
        UPDATE_CHECK(own_stop_.note(program.settings.name, std::nullopt), "service manager");
        (void)manager_.ask_to_stop(program.service);
        return done();
    }

    // --- whose stop it was

    Status note_stop(const Program& program) {
        return own_stop_.note(program.settings.name,
                              program.followed ? std::optional{program.followed->id} : std::nullopt);
    }

    Result<bool> is_held_now(const Program& program, const ScmState& now) {
        UPDATE_TRY(held, exists(files_, layout_.held_file(program.settings.name)), "held");
        if (held) return true;
        if (!is_held(now, ScmStop::by_others)) return false;
        return is_held(now, own_stop_.was(program.settings.name) ? ScmStop::by_us : ScmStop::by_others);
    }

    // --- processes

    Status follow(Program& program, const ScmState& now) {
        if (program.followed && program.followed->id.pid == now.pid) return done();
        forget(program);
        const auto id = identify(now.pid);
        if (now.pid == 0 || !id) {
            look_later(program);
            return done();
        }
        auto handle = open_process(*id);
        if (!handle && handle.error().code() == ErrorCode::not_found) {
            look_later(program);
            return done();
        }
        if (!handle) return std::move(handle).error();
        UPDATE_CHECK(loop_.watch(handle->get(), EventLoop::Interest::read,
                                 [this, &program](Ready) { on_end(program); }),
                     "follow process");
        program.followed = Followed{*id, std::move(*handle)};
        return done();
    }

    void on_end(Program& program) {
        loop_.forget(program.followed->handle.get());
        if (program.busy) return;  // it was asked for
        if (const auto exit = exit_of(program.followed->handle.get())) program.last_exit = *exit;
        (void)settled(program);
        on_exit_(program.settings.name, program.last_exit);
    }

    /// There was no process to follow yet: whoever waits for its end has to be told to look again.
    void look_later(Program& program) {
        if (program.later) return;
        program.later = loop_.call_at(EventLoop::now() + birth_look, [this, &program] {
            program.later.reset();
            const auto now = status(program.settings.name);
            if (now && !now->running) on_exit_(program.settings.name, now->last_exit);
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

    /// A service that is just starting takes no stop yet, so it is asked until one is taken.
    Status await_end(Program& program) {
        const Instant ask_limit = EventLoop::now() + program.settings.stop_timeout;
        const Instant limit = ask_limit + kill_timeout;
        bool killed = false;
        for (;;) {
            UPDATE_TRY(now, manager_.state(program.service), "look");
            if (is_down(now) || is_dead(now.pid)) break;
            const Instant moment = EventLoop::now();
            if (moment >= limit)
                return Error{ErrorCode::timed_out, program.service + " does not end, although it was killed"};
            if (moment >= ask_limit && !killed) {
                UPDATE_TRY(done_now, kill(program, now), "after its stop_timeout");
                killed = done_now;
            }
            if (!killed && now.phase != ScmPhase::stopping) (void)manager_.ask_to_stop(program.service);
            loop_.run_once(EventLoop::now() + look_period);
        }
        UPDATE_TRY(settled_state, settled(program), "look");
        (void)settled_state;
        forget(program);
        program.last_exit.reset();
        return done();
    }

    /// By the handle on the process that the manager has just named again, so never another of its number.
    /// @return false while there is none
    Result<bool> kill(Program& program, const ScmState& now) {
        UPDATE_CHECK(follow(program, now), "kill");
        if (!program.followed || program.followed->id.pid != now.pid) return false;
        // refused for one that ends just now
        ::TerminateProcess(program.followed->handle.get(), killed_code);
        return true;
    }

    EventLoop& loop_;
    const Settings settings_;
    const Layout layout_;
    Files& files_;
    OwnStop own_stop_{files_, layout_};
    service_manager::OnExit on_exit_;
    ScmManager manager_;
    std::map<std::string, Program> programs_;
};

}  // namespace

Result<std::unique_ptr<Supervision>> service_manager::make_services(EventLoop& loop, const Settings& settings,
                                                                    Files& files, OnExit on_exit) {
    return std::unique_ptr<Supervision>{
        std::make_unique<ScmServices>(loop, settings, files, std::move(on_exit))};
}

}  // namespace update
