#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <span>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child_start.hpp"
#include "os/event_loop.hpp"
#include "os/exec.hpp"
#include "os/os_error.hpp"
#include "os/process_id.hpp"
#include "os/spawn.hpp"

namespace update {
namespace {

// exec reads the image's first page and no more; even a slow network file system answers well within this.
constexpr std::chrono::seconds exec_timeout{10};

/// Everything that the child needs, built before the fork: afterwards only async-signal-safe calls are
/// allowed, since another thread may hold the allocator's lock for ever.
struct Prepared {
    explicit Prepared(const ChildImage& image)
        : program{image.command.program},
          argv{argument_list(image.command)},
          envp{image.environment},
          run_file{image.run_file.string()},
          run_file_new{run_file + ".new"},
          record_tail{" " + image.boot_id + " " + image.program + "\n"},
          output{image.output} {}

    Path program;
    CStrings argv, envp;
    std::string run_file, run_file_new, record_tail;
    ChildOutput output;
};

struct Failure {
    enum class Stage : int { record, prepare, exec } stage;
    int error;
};

std::size_t append(char* into, std::uint64_t number) {
    std::array<char, 20> digits;
    std::size_t count = 0;
    do {
        digits[count++] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    for (std::size_t i = 0; i < count; ++i) into[i] = digits[count - 1 - i];
    return count;
}

int write_all(int fd, const char* bytes, std::size_t count) {
    while (count > 0) {
        const ssize_t written = ::write(fd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes += written;
        count -= static_cast<std::size_t>(written);
    }
    return 0;
}

/// Field 22 of "PID (NAME) STATE ...", see proc(5). The name may hold anything, so fields count from the last
/// ')'.
std::uint64_t start_ticks_in(const char* stat, std::size_t length) {
    std::size_t at = length;
    while (at > 0 && stat[at - 1] != ')') --at;
    for (int field = 2; field < 22 && at < length; ++at)
        if (stat[at] == ' ') ++field;
    std::uint64_t ticks = 0;
    for (; at < length && stat[at] >= '0' && stat[at] <= '9'; ++at)
        ticks = ticks * 10 + static_cast<std::uint64_t>(stat[at] - '0');
    return ticks;
}

/// @return errno, 0 on success. Closes nothing: exec or the end does.
int write_file(const char* path, int how, std::span<const char> head, const std::string& tail) {
    const int file = ::open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | how, 0600);
    if (file < 0) return errno;
    const int error = write_all(file, head.data(), head.size());
    return error != 0 ? error : write_all(file, tail.data(), tail.size());
}

/// A full volume does not keep the program from running: the last record's bytes are used again, and without
/// those only who starts it knows of it. @return errno, 0 on success.
int write_record(const Prepared& prepared) {
    std::array<char, 2048> stat;
    const int self = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (self < 0) return errno;
    const ssize_t length = ::read(self, stat.data(), stat.size());
    if (length < 0) return errno;
    const std::uint64_t ticks = start_ticks_in(stat.data(), static_cast<std::size_t>(length));
    std::array<char, 48> head;
    std::size_t used = append(head.data(), static_cast<std::uint64_t>(::getpid()));
    head[used++] = ' ';
    used += append(head.data() + used, ticks);
    const std::span<const char> start{head.data(), used};
    const int error =
        write_file(prepared.run_file_new.c_str(), O_CREAT | O_TRUNC, start, prepared.record_tail);
    if (error == 0)
        return ::rename(prepared.run_file_new.c_str(), prepared.run_file.c_str()) == 0 ? 0 : errno;
    ::unlink(prepared.run_file_new.c_str());
    if (error != ENOSPC && error != EDQUOT) return error;
    (void)write_file(prepared.run_file.c_str(), 0, start, prepared.record_tail);
    return 0;
}

void default_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < _NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

int isolate(ChildOutput output) {
    if (::setsid() < 0 || ::chdir("/") != 0) return errno;
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) return errno;
    if (output == ChildOutput::dropped)
        for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
            if (::dup2(null, fd) < 0) return errno;
    // Marked, not closed: the error pipe and the starter's lock are to live exactly until exec.
    return ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : errno;
}

[[noreturn]] void become(const Prepared& prepared, int failure_pipe) {
    Failure failure{Failure::Stage::prepare, isolate(prepared.output)};
    if (failure.error == 0) failure = {Failure::Stage::record, write_record(prepared)};
    if (failure.error == 0) {
        default_signals();
        ::execve(prepared.program.c_str(), prepared.argv.get(), prepared.envp.get());
        failure = {Failure::Stage::exec, errno};
    }
    (void)!::write(failure_pipe, &failure, sizeof failure);
    ::_exit(127);
}

Error failure_error(const Prepared& prepared, const Failure& failure) {
    switch (failure.stage) {
        case Failure::Stage::record:
            return os_error(failure.error, "write " + prepared.run_file);
        case Failure::Stage::prepare:
            return os_error(failure.error, "prepare new process");
        case Failure::Stage::exec:
            break;
    }
    return exec_error(failure.error, prepared.program);
}

/// The pipe closes at exec without a byte; a failure comes as one write.
Status await_exec(const Prepared& prepared, const Fd& pipe) {
    const Instant deadline = EventLoop::now() + exec_timeout;
    pollfd poll{pipe.get(), POLLIN, 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - EventLoop::now()).count();
        if (left <= 0) return Error{ErrorCode::timed_out, "start " + prepared.program.string()};
        if (::poll(&poll, 1, static_cast<int>(left)) == 1) break;
    }
    Failure failure{};
    if (::read(pipe.get(), &failure, sizeof failure) != static_cast<ssize_t>(sizeof failure)) return done();
    return failure_error(prepared, failure);
}

Error gone(pid_t child, const Prepared& prepared, Error error) {
    ::kill(child, SIGKILL);  // not reaped yet, so the number is still its own
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
    ::unlink(prepared.run_file.c_str());
    ::unlink(prepared.run_file_new.c_str());
    return error;
}

}  // namespace

Result<ChildProcess> start_child(const ChildImage& image) {
    UPDATE_CHECK(check_program(image.command), "start child");
    const Prepared prepared{image};
    UPDATE_TRY(pipe, make_pipe(), "start child");
    const pid_t child = ::fork();
    if (child < 0) return os_error(errno, "fork");
    if (child == 0) become(prepared, pipe.write.get());
    pipe.write.reset();
    if (auto started = await_exec(prepared, pipe.read); !started)
        return gone(child, prepared, std::move(started).error());
    auto id = identify(child);
    // Only where somebody ignores SIGCHLD; the number may be another's by now, so there is nothing left to do
    // to it.
    if (!id) return std::move(id).error().in(prepared.program.string() + " ended at once");
    return ChildProcess::adopt({*id, image.boot_id, image.program, {}});
}

}  // namespace update
