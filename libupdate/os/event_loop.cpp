#include "os/event_loop.hpp"

#include <algorithm>

#include "os/waiter.hpp"

namespace update {

EventLoop::EventLoop(std::unique_ptr<Waiter> waiter) : waiter_{std::move(waiter)} {}
EventLoop::~EventLoop() = default;

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
    UPDATE_TRY(waiter, Waiter::create(), "create event loop");
    return std::unique_ptr<EventLoop>{new EventLoop{std::move(waiter)}};
}

Status EventLoop::watch(Native fd, Interest interest, std::function<void(Ready)> callback) {
    const std::uint64_t token = ++last_token_;
    UPDATE_CHECK(waiter_->add(fd, interest, token), "watch");
    tokens_[fd] = token;
    watches_[token] = Watch{fd, std::make_shared<std::function<void(Ready)>>(std::move(callback))};
    return done();
}

void EventLoop::change(Native fd, Interest interest) { waiter_->change(fd, interest, tokens_.at(fd)); }

void EventLoop::forget(Native fd) {
    const auto token = tokens_.find(fd);
    if (token == tokens_.end()) return;
    waiter_->remove(fd);
    watches_.erase(token->second);
    tokens_.erase(token);
}

EventLoop::Timer EventLoop::call_at(Instant when, std::function<void()> callback) {
    const Timer timer = ++last_token_;
    timers_.emplace(std::pair{when, timer}, std::move(callback));
    timer_times_.emplace(timer, when);
    return timer;
}

void EventLoop::cancel(Timer timer) {
    const auto time = timer_times_.find(timer);
    if (time == timer_times_.end()) return;
    timers_.erase({time->second, timer});
    timer_times_.erase(time);
}

Status EventLoop::watch_requests(std::function<void(Request)> callback) {
    UPDATE_TRY(source, RequestSource::create(), "watch requests to end");
    requests_ = std::move(source);
    return watch(requests_->waitable(), Interest::read,
                 [taken_from = requests_.get(), callback = std::move(callback)](Ready) {
                     for (const Request request : taken_from->take()) callback(request);
                 });
}

void EventLoop::wake() noexcept { waiter_->wake(); }

Instant EventLoop::next_look(Instant deadline) const {
    return timers_.empty() ? deadline : std::min(deadline, timers_.begin()->first.first);
}

bool EventLoop::run_once(Instant deadline) {
    Waiter::Events events;
    const std::size_t count = waiter_->wait(next_look(deadline), events);
    bool ran = false;
    for (std::size_t i = 0; i < count; ++i)
        ran |= events[i].token == Waiter::woken || dispatch(events[i].token, events[i].ready);
    return run_timers() || ran;
}

bool EventLoop::dispatch(std::uint64_t token, Ready ready) {
    const auto found = watches_.find(token);
    if (found == watches_.end()) return false;
    const auto callback = found->second.callback;  // survives a forget() inside the call
    (*callback)(ready);
    return true;
}

bool EventLoop::run_timers() {
    bool ran = false;
    const Instant present = now();
    while (!timers_.empty() && timers_.begin()->first.first <= present) {
        auto timer = timers_.extract(timers_.begin());
        timer_times_.erase(timer.key().second);
        timer.mapped()();
        ran = true;
    }
    return ran;
}

}  // namespace update
