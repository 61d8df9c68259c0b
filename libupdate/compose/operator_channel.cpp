#include "compose/operator_channel.hpp"

#include <algorithm>

namespace update {

Signal OperatorChannel::wait(Instant deadline) {
    for (;;) {
        if (auto cancelled = cancel_request_.look()) return std::move(*cancelled);
        const Instant look_again = std::min<Instant>(deadline, EventLoop::now() + CancelRequest::look_period);
        Signal signal = LoopChannel::wait(look_again);
        if (signal.kind != Signal::Kind::deadline || look_again == deadline) return signal;
    }
}

}  // namespace update
