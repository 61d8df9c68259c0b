// Starting a program that outlives this one.
//
//   this process ──fork──> leaver: setsid ──fork──> runner: own group ──exec──> the program
//
// The leaver ends at once, so that the runner is re-parented, and not being its session's leader the runner
// can never get a terminal again. The runner reports its number and waits for "go": by then this process
// holds a pidfd and the start time of exactly that process, and when this process dies before, the runner
// ends without a trace.
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "os/deadline.hpp"
#include "os/exec.hpp"
#include "os/handshake.hpp"
#include "os/handshake_line.hpp"
#include "os/os_error.hpp"
#include "os/process_id.hpp"
#include "os/run.hpp"
#include "os/spawn.hpp"

namespace update {
namespace {

constexpr int handshake_fd = 3, control_fd = 4, first_unwanted_fd = 5;

/// On the control socket, from the children.
struct Report {
    enum class Kind : std::uint32_t { born, failed } kind;
    std::int32_t value;  ///< pid or errno
};

/// All that the children need, made before the fork: between fork and exec only async-signal-safe calls are
/// allowed, since another thread may hold any lock.
struct Launch {
    const char* program;
    char* const* arguments;
    char* const* environment;
    int control, handshake;
    int parents_control;  ///< to be closed: while a child held it, the parent's death would go unnoticed
    int fd_limit;
};

void report(int control, Report::Kind kind, int value) {
    const Report message{kind, value};
    (void)::send(control, &message, sizeof message, MSG_NOSIGNAL);
}

[[noreturn]] void fail(int control) {
    report(control, Report::Kind::failed, errno);
    ::_exit(127);
}

void close_from(int first, int limit) {
    if (::syscall(SYS_close_range, first, ~0u, 0) == 0) return;
    for (int fd = first; fd < limit; ++fd) ::close(fd);  // before Linux 5.9
}

void default_signals() {
    struct ::sigaction action {};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
    ::sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Standard streams go nowhere: a pipe to a supervisor that dies with this process would kill the program
/// with SIGPIPE at its first message.
bool arrange_descriptors(const Launch& launch) {
    const int handshake = ::fcntl(launch.handshake, F_DUPFD_CLOEXEC, first_unwanted_fd);
    const int control = ::fcntl(launch.control, F_DUPFD_CLOEXEC, first_unwanted_fd);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (handshake < 0 || control < 0 || nothing < 0) return false;
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (nothing == fd ? ::fcntl(fd, F_SETFD, 0) != 0 : ::dup2(nothing, fd) < 0) return false;
    }
    if (::dup2(handshake, handshake_fd) < 0 || ::dup3(control, control_fd, O_CLOEXEC) < 0) return false;
    close_from(first_unwanted_fd, launch.fd_limit);
    return true;
}

[[noreturn]] void run_runner(const Launch& launch) {
    if (::setpgid(0, 0) != 0 || ::chdir("/") != 0) fail(launch.control);
    report(launch.control, Report::Kind::born, ::getpid());
    char go = 0;
    if (::recv(launch.control, &go, 1, 0) != 1) ::_exit(127);
    if (!arrange_descriptors(launch)) fail(launch.control);
    default_signals();
    ::execve(launch.program, launch.arguments, launch.environment);
    fail(control_fd);
}

[[noreturn]] void run_leaver(const Launch& launch) {
    ::close(launch.parents_control);
    if (::setsid() < 0) fail(launch.control);
    const ::pid_t pid = ::_Fork();
    if (pid < 0) fail(launch.control);
    if (pid == 0) run_runner(launch);
    ::_exit(0);
}

/// Signals are blocked meanwhile, or a handler of ours could run in the child.
::pid_t fork_leaver(const Launch& launch) {
    ::sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const ::pid_t pid = ::_Fork();
    if (pid == 0) run_leaver(launch);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

/// The runner, from its birth on. Killed unless it was let go.
class Runner {
 public:
    Runner(ProcessId id, Fd pidfd) : id_{id}, pidfd_{std::move(pidfd)} {}
    Runner(Runner&&) = default;
    Runner& operator=(Runner&&) = delete;
    ~Runner() {
        if (!pidfd_) return;
        if (!ended(0)) ::kill(-static_cast<::pid_t>(id_.pid), SIGKILL);  // its own group, itself included
        (void)ended(2000);  // bounded: a process in an uninterruptible wait dies only after it
        // It is our child again where we are the "subreaper" of our descendants.
        ::waitpid(static_cast<::pid_t>(id_.pid), nullptr, WNOHANG);
    }
    ProcessId id() const { return id_; }
    ProcessId let_go() {
        pidfd_.reset();
        return id_;
    }

 private:
    bool ended(int timeout_ms) const {
        ::pollfd watched{pidfd_.get(), POLLIN, 0};
        return ::poll(&watched, 1, timeout_ms) > 0;
    }
    ProcessId id_;
    Fd pidfd_;
};

Error late() { return Error{ErrorCode::timed_out, "no answer to the handshake in time"}; }

/// @return nothing at the end of the stream.
Result<std::optional<Report>> next_report(const Fd& control, const Deadline& deadline) {
    for (;;) {
        ::pollfd watched{control.get(), POLLIN, 0};
        const int ready = ::poll(&watched, 1, deadline.poll_ms());
        if (ready < 0 && errno != EINTR) return os_error(errno, "wait for the new process");
        if (ready > 0) break;
        if (deadline.passed()) return late();
    }
    Report report{};
    if (::recv(control.get(), &report, sizeof report, 0) != sizeof report) return std::optional<Report>{};
    return std::optional{report};
}

Result<Runner> meet_runner(const Fd& control, const Deadline& deadline, const Path& program) {
    UPDATE_TRY(first, next_report(control, deadline), "meet the new process");
    if (!first) return Error{ErrorCode::retry_later, "the new process ended before it reported"};
    if (first->kind == Report::Kind::failed) return exec_error(first->value, program);
    UPDATE_TRY(pidfd, open_pidfd(first->value), "meet the new process");
    UPDATE_TRY(id, identify(first->value), "meet the new process");
    Runner runner{id, std::move(pidfd)};
    const char go = 1;
    if (::send(control.get(), &go, 1, MSG_NOSIGNAL) != 1) return os_error(errno, "start the new process");
    return runner;
}

/// The control socket ends when exec has succeeded (close-on-exec).
Status wait_for_exec(const Fd& control, const Deadline& deadline, const Path& program) {
    UPDATE_TRY(failure, next_report(control, deadline), "load the program");
    if (failure) return exec_error(failure->value, program);
    return done();
}

int descriptor_limit() {
    ::rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1'048'576) return 1'048'576;
    return static_cast<int>(limit.rlim_cur);
}

}  // namespace

Result<ProcessId> break_away_program(const Command& command, std::chrono::milliseconds handshake_timeout) {
    const auto what = "break away with '" + command.program.string() + "'";
    const Deadline deadline{handshake_timeout};
    UPDATE_CHECK(check_program(command), "break away");
    UPDATE_TRY(pipe, make_pipe(), what);
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return os_error(errno, what);
    Fd control{ends[0]}, childs_control{ends[1]};

    auto variables = scrubbed_environment();
    variables.push_back(fmt::format("{}={}", handshake_variable, handshake_fd));
    const CStrings arguments{argument_list(command)}, environment{std::move(variables)};
    const auto leaver =
        fork_leaver({command.program.c_str(), arguments.get(), environment.get(), childs_control.get(),
                     pipe.write.get(), control.get(), descriptor_limit()});
    if (leaver < 0) return os_error(errno, what);
    childs_control.reset();
    pipe.write.reset();
    while (::waitpid(leaver, nullptr, 0) < 0 && errno == EINTR) {}
    UPDATE_TRY(runner, meet_runner(control, deadline, command.program), what);
    UPDATE_CHECK(wait_for_exec(control, deadline, command.program), what);
    UPDATE_TRY(answered, await_answer(pipe.read, std::chrono::milliseconds{deadline.poll_ms()}), what);
    if (answered != runner.id().pid)
        return Error{ErrorCode::refused, what + ": the handshake was answered for another process"};
    return runner.let_go();
}

}  // namespace update
