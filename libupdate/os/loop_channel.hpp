// What an updating process waits for, on its event loop; and what it asks the watchdog.
#pragma once
#include <chrono>
#include <deque>
#include <mutex>

#include "os/event_loop.hpp"
#include "ports/channel.hpp"
#include "ports/files.hpp"

namespace update {

class LoopChannel : public Channel {
 public:
    /// `loop` outlives it. `ask_timeout` limits one question to the watchdog.
    LoopChannel(EventLoop& loop, Path watchdog_socket,
                std::chrono::milliseconds ask_timeout = std::chrono::seconds{5})
        : loop_{loop}, watchdog_socket_{std::move(watchdog_socket)}, ask_timeout_{ask_timeout} {}

    /// Queues a signal, in order, and ends the present wait. Any thread, and any callback of the loop.
    void push(Signal);

    /// The loop's thread only. Runs the loop's callbacks; what was queued before comes first, whatever the
    /// deadline.
    Signal wait(Instant deadline) override;
    /// Both block for at most `ask_timeout`, without running the loop: not for the watchdog itself.
    /// `refused` also when the listener is not root's or ours; `retry_later` when it is busy.
    Status ask_watchdog_to_update(const std::string& update_id) override;
    Status ping_watchdog() override;

 private:
    std::optional<Signal> pop();

    EventLoop& loop_;
    Path watchdog_socket_;
    std::chrono::milliseconds ask_timeout_;
    std::mutex mutex_;
    std::deque<Signal> queue_;
};

}  // namespace update
