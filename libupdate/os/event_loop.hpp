// One thread's waiting: descriptors (sockets, process handles), timers, termination signals, wake-ups by
// others.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include <update/result.hpp>

#include "ports/clock.hpp"

namespace update {

struct Ready {
    bool readable = false;  ///< also at the peer's end or an error: the read will tell
    bool writable = false;
};

/// All members belong to the thread that created it, except `wake`. Callbacks run inside `run_once` and may
/// call any member, `run_once` itself and `forget` of their own descriptor included.
class EventLoop {
 public:
    enum class Interest : std::uint8_t { nothing, read, write };
    /// What the system asks this process to do.
    enum class Request : std::uint8_t { terminate, interrupt, reload };
    using Timer = std::uint64_t;

    /// @return `retry_later` when the system is out of descriptors.
    static Result<std::unique_ptr<EventLoop>> create();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// The clock of all deadlines here.
    static Instant now();

    /// Calls `callback` whenever `fd` is ready for `interest`, until `forget(fd)`. The caller keeps the
    /// descriptor and forgets it before closing it. A process handle (pidfd) is readable for ever once its
    /// process has ended.
    Status watch(int fd, Interest interest, std::function<void(Ready)> callback);
    /// `fd` is watched. With `nothing` only errors are reported.
    void change(int fd, Interest interest);
    /// No callback for `fd` runs after this, also not for an event that was already collected. Unknown is
    /// fine.
    void forget(int fd);

    /// Calls back once, in `run_once`, not before `when`.
    Timer call_at(Instant when, std::function<void()> callback);
    /// Unknown or already called is fine.
    void cancel(Timer);

    /// SIGTERM, SIGINT and SIGHUP come to `callback` instead of ending the process; they are blocked in this
    /// thread (and in threads and children that it starts later: whoever starts programs unblocks them) until
    /// destruction.
    Status watch_requests(std::function<void(Request)> callback);

    /// Makes the present or the next `run_once` return. Any thread, also inside a signal handler.
    void wake() noexcept;

    /// Waits until something happened or `deadline` passed, runs the callbacks that are due, and returns.
    /// With a deadline in the past: looks once without waiting.
    /// @return true when a callback ran or `wake` was called.
    bool run_once(Instant deadline);

 private:
    struct Watch {
        int fd;
        std::shared_ptr<std::function<void(Ready)>> callback;
    };
    EventLoop() = default;
    int wait_ms(Instant deadline) const;
    bool dispatch(std::uint64_t token, bool readable, bool writable);
    bool run_timers();

    int epoll_ = -1, wakeup_ = -1, signals_ = -1;
    // Events name a watch by a number that is never used twice, so that one collected for a forgotten
    // descriptor cannot reach the next owner of the same descriptor number.
    std::uint64_t last_token_ = 0;
    std::unordered_map<int, std::uint64_t> tokens_;
    std::unordered_map<std::uint64_t, Watch> watches_;
    std::map<std::pair<Instant, Timer>, std::function<void()>> timers_;
    std::unordered_map<Timer, Instant> timer_times_;
    bool signals_blocked_before_[3] = {};
};

}  // namespace update
