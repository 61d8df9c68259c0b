#include "os/loop_channel.hpp"

#include "os/ipc_client.hpp"

namespace update {
namespace {

Status ask_for(const Path& socket, const ipc::Request& request, std::chrono::milliseconds timeout) {
    auto reply = ask(socket, request, timeout);
    if (!reply) return std::move(reply).error();
    return ipc::to_status(*reply);
}

}  // namespace

void LoopChannel::push(Signal signal) {
    {
        const std::lock_guard guard{mutex_};
        queue_.push_back(std::move(signal));
    }
    loop_.wake();
}

std::optional<Signal> LoopChannel::pop() {
    const std::lock_guard guard{mutex_};
    if (queue_.empty()) return std::nullopt;
    Signal signal = std::move(queue_.front());
    queue_.pop_front();
    return signal;
}

Signal LoopChannel::wait(Instant deadline) {
    for (;;) {
        if (auto signal = pop()) return std::move(*signal);
        // Looked at before the loop runs: what is due at the deadline itself is still seen, once.
        const bool late = EventLoop::now() >= deadline;
        loop_.run_once(deadline);
        if (late) return pop().value_or(Signal{});
    }
}

Status LoopChannel::ask_watchdog_to_update(const std::string& update_id) {
    ipc::Request request;
    request.type = ipc::Type::perform_update;
    request.update_id = update_id;
    return ask_for(watchdog_socket_, request, ask_timeout_);
}

Status LoopChannel::ping_watchdog() { return ask_for(watchdog_socket_, ipc::Request{}, ask_timeout_); }

}  // namespace update
