#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "os/fd.hpp"
#include "os/handshake.hpp"
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

/// Only a pipe above the standard streams: an environment that somebody else filled must not make this
/// program write to or close one of its other files.
Result<Fd> named_pipe(const std::string& text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    struct ::stat status {};
    const bool usable = error == std::errc{} && end == text.data() + text.size() && number > 2 &&
                        ::fstat(number, &status) == 0 && S_ISFIFO(status.st_mode);
    if (usable) return Fd{number};
    return Error{ErrorCode::refused, fmt::format("{} does not name a pipe", handshake_variable)};
}

}  // namespace

Status answer_handshake() {
    const char* value = std::getenv(handshake_variable);
    if (value == nullptr) return Error{ErrorCode::not_found, "nobody waits for a handshake"};
    const std::string text = value;
    ::unsetenv(handshake_variable);
    UPDATE_TRY(pipe, named_pipe(text), "answer handshake");
    const auto line = fmt::format("alive {}\n", ::getpid());
    const NoSigpipe guard;
    // So short a line goes into a pipe whole or not at all (PIPE_BUF).
    while (::write(pipe.get(), line.data(), line.size()) < 0) {
        if (errno == EINTR) continue;
        if (errno == EPIPE)
            return Error{ErrorCode::timed_out, "answer handshake: the starter waits no longer"};
        return os_error(errno, "answer handshake");
    }
    return done();
}

}  // namespace update
