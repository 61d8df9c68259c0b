#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/deadline.hpp"
#include "os/exec.hpp"
#include "os/handshake.hpp"
#include "os/handshake_line.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

/// A write to a pipe without reader raises SIGPIPE, whose default would end the program. Blocked for this
/// thread; one that came is taken away before the mask is restored.
class NoSigpipe {
 public:
    NoSigpipe() {
        ::sigemptyset(&only_sigpipe_);
        ::sigaddset(&only_sigpipe_, SIGPIPE);
        ::sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &only_sigpipe_, &before_);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;
    ~NoSigpipe() {
        const ::timespec at_once{};
        if (!was_pending_) ::sigtimedwait(&only_sigpipe_, nullptr, &at_once);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

 private:
    ::sigset_t only_sigpipe_{}, before_{};
    bool was_pending_ = false;
};

/// Only a pipe: an environment that somebody else filled must not make this program write to or close one of
/// its other files. systemd hands descriptors to a transient unit as standard streams only.
Result<Fd> named_pipe(const std::string& text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    struct ::stat status {};
    const bool usable = error == std::errc{} && end == text.data() + text.size() && number >= 1 &&
                        number != 2 && ::fstat(number, &status) == 0 && S_ISFIFO(status.st_mode);
    if (usable) return Fd{number};
    return Error{ErrorCode::refused, fmt::format("{} does not name a pipe", handshake_variable)};
}

/// Nothing may be opened as standard output by chance.
void give_back(Fd pipe) {
    if (pipe.get() != STDOUT_FILENO) return;
    const Fd nothing{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    if (nothing && ::dup2(nothing.get(), STDOUT_FILENO) == STDOUT_FILENO) (void)pipe.release();
}

}  // namespace

Status answer_handshake() {
    const char* value = std::getenv(handshake_variable);
    if (value == nullptr) return Error{ErrorCode::not_found, "nobody waits for a handshake"};
    const std::string text = value;
    ::unsetenv(handshake_variable);
    UPDATE_TRY(pipe, named_pipe(text), "answer handshake");
    const auto line = handshake_line(::getpid());
    const NoSigpipe guard;
    // So short a line goes into a pipe whole or not at all (PIPE_BUF).
    Status answered = done();
    while (::write(pipe.get(), line.data(), line.size()) < 0) {
        if (errno == EINTR) continue;
        answered = errno == EPIPE
                       ? Status{Error{ErrorCode::timed_out, "answer handshake: the starter waits no longer"}}
                       : Status{os_error(errno, "answer handshake")};
        break;
    }
    give_back(std::move(pipe));
    return answered;
}

Result<std::int64_t> await_answer(const Fd& pipe, std::chrono::milliseconds timeout) {
    const Deadline deadline{timeout};
    std::string answer;
    while (!answer.ends_with('\n') && answer.size() < handshake_line_max) {
        ::pollfd watched{pipe.get(), POLLIN, 0};
        const int ready = ::poll(&watched, 1, deadline.poll_ms());
        if (ready < 0 && errno != EINTR) return os_error(errno, "wait for the handshake");
        if (ready <= 0 && deadline.passed())
            return Error{ErrorCode::timed_out, "no answer to the handshake in time"};
        if (ready <= 0) continue;
        std::array<char, handshake_line_max> buffer;
        const auto n = ::read(pipe.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return os_error(errno, "wait for the handshake");
        if (n == 0)
            return Error{ErrorCode::unsupported, "it ended or closed the handshake without an answer"};
        answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return parse_handshake(answer);
}

}  // namespace update
