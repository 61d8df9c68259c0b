#include "compose/reporter.hpp"

#include <algorithm>

#include "os/ipc_client.hpp"
#include "os/notify.hpp"

namespace update {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds period = 5s, trial_period = 1s, retry_after = 500ms, peer_timeout = 2s;

Reporter::Reporter(const Layout& layout, std::string version, std::function<bool()> healthy)
    : layout_{layout}, healthy_{std::move(healthy)}, thread_{} {
    sum_.type = ipc::Type::confirm;
    sum_.agent_version = std::move(version);
    thread_ = std::thread{[this] { run(); }};
}

Reporter::~Reporter() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Reporter::in_trial(bool now) {
    const std::lock_guard lock{mutex_};
    pending_ |= now && !in_trial_;
    in_trial_ = now;
    changed_.notify_all();
}

void Reporter::report(ipc::Level level, const std::string& update_id, bool connected) {
    const std::lock_guard lock{mutex_};
    sum_.level = std::max(sum_.level, level);
    if (!update_id.empty()) sum_.update_id = update_id;
    sum_.connected = connected;
    pending_ = true;
    changed_.notify_all();
}

/// Helper and watchdog may both be there; either answers with what it knows of the update.
bool Reporter::send(const ipc::Request& request) {
    bool delivered = false;
    for (const Path& socket : {layout_.helper_socket(), layout_.watchdog_socket()}) {
        const auto reply = ask(socket, request, peer_timeout);
        delivered |= reply && reply->ok;
    }
    return delivered;
}

void Reporter::run() {
    std::unique_lock lock{mutex_};
    auto wait = std::chrono::milliseconds{period};
    const auto awaited = life_period().value_or(period);
    while (!stopping_) {
        changed_.wait_for(lock, std::min(wait, awaited), [&] { return stopping_ || pending_; });
        if (stopping_) return;
        if (healthy_()) tell_service_manager(Life::alive);
        pending_ = false;
        const ipc::Request now = sum_;
        lock.unlock();
        const bool delivered = send(now);
        lock.lock();
        wait = delivered ? (in_trial_ ? trial_period : period) : std::chrono::milliseconds{retry_after};
    }
}

}  // namespace update
