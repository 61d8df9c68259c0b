#pragma once
#include "compose/cancel_request.hpp"
#include "os/loop_channel.hpp"

namespace update {

/// The channel of an applier beside the watchdog: what reaches its event loop, and the cancel request on
/// disk, at which it looks several times a second.
class OperatorChannel : public LoopChannel {
 public:
    OperatorChannel(EventLoop& loop, const Layout& layout, Files& files)
        : LoopChannel{loop, layout.watchdog_socket()}, cancel_request_{files, layout} {}
    Signal wait(Instant deadline) override;

 private:
    CancelRequest cancel_request_;
};

}  // namespace update
