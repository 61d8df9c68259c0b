#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include "os/event_loop.hpp"
#include "os/file_lock.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

// The system cannot wait for a lock with a time-out, and a lock is contended only while two supervisors start
// the same program: looking again every few milliseconds costs nothing then.
constexpr int look_again_ms = 5;

}  // namespace

Result<Fd> lock_file(const Path& path, Instant deadline) {
    Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) return os_error(errno, "open " + path.string());
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return os_error(errno, "lock " + path.string());
        if (EventLoop::now() >= deadline)
            return Error{ErrorCode::retry_later, path.string() + " is held by another process"};
        ::poll(nullptr, 0, look_again_ms);
    }
    return file;
}

}  // namespace update
