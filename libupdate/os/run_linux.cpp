#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "os/deadline.hpp"
#include "os/exec.hpp"
#include "os/os_error.hpp"
#include "os/run.hpp"
#include "os/spawn.hpp"

namespace update {
namespace {

constexpr std::size_t output_max_bytes = 4096;

/// What the child shall find: own process group, default signals, nothing on its standard input, its output
/// in our pipe, no other descriptor of ours, no working directory that it would keep busy. Errors go where
/// ours go.
class Preparation {
 public:
    explicit Preparation(const Fd& output) {
        ::sigset_t all, none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output.get(), STDOUT_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
    }
    Preparation(const Preparation&) = delete;
    Preparation& operator=(const Preparation&) = delete;
    ~Preparation() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    const ::posix_spawnattr_t* attributes() const { return &attributes_; }
    const ::posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
    ::posix_spawnattr_t attributes_;
    ::posix_spawn_file_actions_t actions_;
};

/// Where SIGCHLD is ignored the kernel collects children itself: their exit codes are lost, and worse, a
/// number that we would kill may already be another process's. So nothing is started there.
Status check_exit_codes_are_kept() {
    struct ::sigaction action {};
    ::sigaction(SIGCHLD, nullptr, &action);
    const bool lost = action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0;
    if (lost) return Error{ErrorCode::bug, "this process ignores SIGCHLD, so no exit code can be known"};
    return done();
}

/// A running child and its process group; killed and collected when nobody has waited for it.
class Child {
 public:
    explicit Child(::pid_t pid) : pid_{pid} {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        kill_group();
        (void)collect();
    }

    ::pid_t pid() const { return pid_; }
    /// The number is surely still the child's: it was not collected yet.
    void kill_group() const { ::kill(-pid_, SIGKILL); }
    Result<ExitStatus> collect() {
        const auto pid = std::exchange(pid_, -1);
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0) {
            if (errno == EINTR) continue;
            return Error{ErrorCode::bug, "the exit status was taken by somebody else in this process"};
        }
        if (WIFSIGNALED(status)) return ExitStatus{true, WTERMSIG(status)};
        return ExitStatus{false, WEXITSTATUS(status)};
    }

 private:
    ::pid_t pid_;
};

/// Keeps the first bytes and reads on, so that a talkative program is not stopped by a full pipe.
class Output {
 public:
    explicit Output(Fd fd) : fd_{std::move(fd)} { ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK); }

    int fd() const { return fd_.get(); }
    bool full() const { return text_.size() == output_max_bytes; }
    std::string take() { return std::move(text_); }
    /// @return whether there may be more at once.
    bool read_some() {
        std::array<char, 16'384> buffer;
        const auto n = ::read(fd_.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) return true;
        if (n < 0) return false;
        if (n == 0) fd_.reset();
        text_.append(buffer.data(), std::min(static_cast<std::size_t>(n), output_max_bytes - text_.size()));
        return n > 0;
    }

 private:
    Fd fd_;
    std::string text_;
};

constexpr std::chrono::milliseconds look_period{50};

/// Why nobody waits for the child any longer.
enum class Over : std::uint8_t { ended, late, unwanted };

Result<Over> wait_for_end(const Child& child, Output& output, const Command& command) {
    const Deadline deadline{command.timeout};
    const int slice_ms = command.go_on ? static_cast<int>(look_period.count()) : INT_MAX;
    UPDATE_TRY(pidfd, open_pidfd(child.pid()), "wait for the program's end");
    for (;;) {
        std::array<::pollfd, 2> watched{{{pidfd.get(), POLLIN, 0}, {output.fd(), POLLIN, 0}}};
        const int ready = ::poll(watched.data(), watched.size(), std::min(deadline.poll_ms(), slice_ms));
        if (ready < 0 && errno != EINTR) return os_error(errno, "wait for the program's end");
        if (ready > 0 && watched[0].revents != 0) return Over::ended;
        if (ready > 0 && watched[1].revents != 0) (void)output.read_some();
        if (deadline.passed()) return Over::late;
        if (command.go_on && !command.go_on()) return Over::unwanted;
    }
}

}  // namespace

Result<Ran> run_program(const Command& command) {
    const auto what = "run '" + command.program.string() + "'";
    UPDATE_CHECK(check_program(command), "run");
    if (command.timeout.count() <= 0) return Error{ErrorCode::bug, what + ": a time limit is required"};
    UPDATE_CHECK(check_exit_codes_are_kept(), what);
    UPDATE_TRY(pipe, make_pipe(), what);
    const CStrings arguments{argument_list(command)}, environment{scrubbed_environment()};
    const Preparation preparation{pipe.write};
    ::pid_t pid = -1;
    const int error = ::posix_spawn(&pid, command.program.c_str(), preparation.actions(),
                                    preparation.attributes(), arguments.get(), environment.get());
    if (error != 0) return exec_error(error, command.program);
    Child child{pid};
    pipe.write.reset();
    Output output{std::move(pipe.read)};
    UPDATE_TRY(over, wait_for_end(child, output, command), what);
    if (over != Over::ended) child.kill_group();
    UPDATE_TRY(exit, child.collect(), what);
    // What it still had in the pipe. Not to the pipe's end: a descendant may hold that open for ever.
    while (output.fd() >= 0 && !output.full() && output.read_some()) {}
    return Ran{exit, over == Over::late, output.take()};
}

}  // namespace update
