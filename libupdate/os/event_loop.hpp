// One thread's waiting: descriptors (sockets, pipes, process handles), timers, requests to end, wake-ups by
// others. On Windows a descriptor is a handle that can be waited for: an event or a process.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include <update/result.hpp>

#include "os/native.hpp"
#include "ports/clock.hpp"

namespace update {

class Waiter;
class RequestSource;

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
    /// @return `retry_later` when the system cannot wait for more (Windows: 63 at the same time).
    Status watch(Native fd, Interest interest, std::function<void(Ready)> callback);
    /// `fd` is watched. With `nothing` only errors are reported, on Windows nothing at all.
    void change(Native fd, Interest interest);
    /// No callback for `fd` runs after this, also not for an event that was already collected. Unknown is
    /// fine.
    void forget(Native fd);

    /// Calls back once, in `run_once`, not before `when`.
    Timer call_at(Instant when, std::function<void()> callback);
    /// Unknown or already called is fine.
    void cancel(Timer);

    /// What asks this process to end comes to `callback` instead of ending it, until destruction. Linux:
    /// SIGTERM, SIGINT and SIGHUP, blocked in this thread (and in threads and children that it starts later:
    /// whoever starts programs unblocks them). Windows: the supervisor's stop event (terminate), Ctrl+C
    /// (interrupt), and Ctrl+Break, a closed console or the session's end (terminate).
    Status watch_requests(std::function<void(Request)> callback);

    /// Makes the present or the next `run_once` return. Any thread, also inside a signal handler.
    void wake() noexcept;

    /// Waits until something happened or `deadline` passed, runs the callbacks that are due, and returns.
    /// With a deadline in the past: looks once without waiting.
    /// @return true when a callback ran or `wake` was called.
    bool run_once(Instant deadline);

 private:
    struct Watch {
        Native fd;
        std::shared_ptr<std::function<void(Ready)>> callback;
    };
    explicit EventLoop(std::unique_ptr<Waiter>);
    Instant next_look(Instant deadline) const;
    bool dispatch(std::uint64_t token, Ready);
    bool run_timers();

    std::unique_ptr<Waiter> waiter_;
    std::unique_ptr<RequestSource> requests_;
    // Events name a watch by a number that is never used twice, so that one collected for a forgotten
    // descriptor cannot reach the next owner of the same descriptor number.
    std::uint64_t last_token_ = 0;
    std::unordered_map<Native, std::uint64_t> tokens_;
    std::unordered_map<std::uint64_t, Watch> watches_;
    std::map<std::pair<Instant, Timer>, std::function<void()>> timers_;
    std::unordered_map<Timer, Instant> timer_times_;
};

}  // namespace update
