#pragma once
#include "ports/channel.hpp"

namespace update {

/// Remembers that the process has to end: then what was under way is not cancelled, it goes on in the next
/// one.
class NotedChannel : public Channel {
 public:
    explicit NotedChannel(Channel& channel) : channel_{channel} {}
    bool stopping() const { return stopping_; }

    Signal wait(Instant deadline) override {
        Signal signal = channel_.wait(deadline);
        stopping_ |= signal.kind == Signal::Kind::stopping;
        return signal;
    }
    Status ask_watchdog_to_update(const std::string& id) override {
        return channel_.ask_watchdog_to_update(id);
    }
    Status ping_watchdog() override { return channel_.ping_watchdog(); }

 private:
    Channel& channel_;
    bool stopping_ = false;
};

}  // namespace update
