#include "compose/agent_channel.hpp"

#include "ipc/message.hpp"
#include "os/ipc_client.hpp"

namespace update {

using namespace std::chrono_literals;

Signal AgentChannel::wait(Instant deadline) {
    for (;;) {
        if (auto cancelled = cancel_request_.look()) return std::move(*cancelled);
        const Instant now = clock_.now();
        const Instant look_again = std::min<Instant>(deadline, now + CancelRequest::look_period);
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, std::max(look_again - now, AwakeClock::duration{0}),
                          [&] { return stopping_ || !queue_.empty(); });
        if (stopping_) return {.kind = Signal::Kind::stopping};
        if (!queue_.empty()) {
            Signal first = std::move(queue_.front());
            queue_.pop_front();
            return first;
        }
        if (look_again == deadline) return {.kind = Signal::Kind::deadline};
    }
}

Status AgentChannel::ask_watchdog_to_update(const std::string& update_id) {
    ipc::Request request;
    request.type = ipc::Type::perform_update;
    request.update_id = update_id;
    UPDATE_TRY(reply, ask(layout_.watchdog_socket(), request, 5s), "ask watchdog");
    return ipc::to_status(reply);
}

Status AgentChannel::ping_watchdog() {
    UPDATE_TRY(reply, ask(layout_.watchdog_socket(), ipc::Request{}, 2s), "ping watchdog");
    return ipc::to_status(reply);
}

void AgentChannel::push(Signal signal) {
    const std::lock_guard lock{mutex_};
    if (queue_.size() == queue_max) queue_.pop_front();
    queue_.push_back(std::move(signal));
    changed_.notify_all();
}

void AgentChannel::stop() {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
}

}  // namespace update
