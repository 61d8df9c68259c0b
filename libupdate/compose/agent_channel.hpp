#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>

#include "compose/cancel_request.hpp"
#include "layout/layout.hpp"
#include "ports/channel.hpp"
#include "ports/files.hpp"

namespace update {

/// What reaches the engine inside an agent or updatectl: its own signs of life, and a cancel request on disk.
class AgentChannel : public Channel {
 public:
    AgentChannel(const Layout& layout, Clock& clock, Files& files)
        : layout_{layout}, clock_{clock}, cancel_request_{files, layout} {}

    Signal wait(Instant deadline) override;  ///< engine's thread
    Status ask_watchdog_to_update(const std::string& update_id) override;
    Status ping_watchdog() override;

    void push(Signal);  ///< any thread
    void stop();        ///< any thread; every wait answers `stopping` from now on

 private:
    static constexpr std::size_t queue_max = 64;  ///< the oldest sign of life goes first

    const Layout& layout_;
    Clock& clock_;
    CancelRequest cancel_request_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Signal> queue_;
    bool stopping_ = false;
};

}  // namespace update
