// Order among the threads on which cpprestsdk reports: who may call a handler, and when it is over.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "net/control/session_cpprest.hpp"

namespace update {

/// Set once by one thread, awaited with a deadline by others.
class Event {
 public:
    void set(std::string error = {}) {
        const std::lock_guard lock{mutex_};
        if (!error_) error_ = std::move(error);
        changed_.notify_all();
    }
    bool wait(std::chrono::milliseconds timeout) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, timeout, [&] { return error_.has_value(); });
    }
    std::string error() {
        const std::lock_guard lock{mutex_};
        return error_.value_or("");
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<std::string> error_;
};
/// Lets the handlers of the present connection through, and those of no other.
class HandlerGate {
 public:
    explicit HandlerGate(ControlLink::Handlers handlers) : handlers_{std::move(handlers)} {}

    std::uint64_t open() {
        const std::lock_guard lock{mutex_};
        return current_ = ++last_;
    }
    void message(std::uint64_t generation, std::string text) {
        if (handlers_.on_message) pass(generation, false, [&] { handlers_.on_message(std::move(text)); });
    }
    void closed(std::uint64_t generation, std::string reason) {
        pass(generation, true, [&] {
            if (handlers_.on_closed) handlers_.on_closed(std::move(reason));
        });
    }
    bool is_open(std::uint64_t generation) {
        const std::lock_guard lock{mutex_};
        return current_ == generation;
    }
    void shut() {
        const std::lock_guard lock{mutex_};
        current_ = 0;
    }
    /// Waits until no handler runs; at once when called by one.
    bool wait_quiet(std::chrono::milliseconds timeout) {
        if (inside()) return true;
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, timeout, [&] { return running_ == 0; });
    }
    bool inside() const { return running_here == this; }

 private:
    template <class Call>
    void pass(std::uint64_t generation, bool last, Call call) {
        {
            const std::lock_guard lock{mutex_};
            if (current_ != generation) return;
            if (last) current_ = 0;
            ++running_;
        }
        running_here = this;
        try {
            call();
        } catch (...) {
            // A handler that throws is a programmer's error; it must not unwind cpprestsdk's threads.
            std::terminate();
        }
        running_here = nullptr;
        const std::lock_guard lock{mutex_};
        --running_;
        changed_.notify_all();
    }

    static inline thread_local const HandlerGate* running_here = nullptr;
    const ControlLink::Handlers handlers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t last_ = 0, current_ = 0;
    unsigned running_ = 0;
};
/// cpprestsdk reports 'connected' and 'closed' on two threads, in either order, and 'closed' for a failed
/// connect too. on_closed is due when both have come and the connect had succeeded; whoever comes second says
/// so.
class Ends {
 public:
    /// @return the reason to report now, if any
    std::optional<std::string> connected() {
        const std::lock_guard lock{mutex_};
        connected_ = true;
        return closed_;
    }
    std::optional<std::string> closed(std::string reason) {
        const std::lock_guard lock{mutex_};
        closed_ = std::move(reason);
        return connected_ ? closed_ : std::nullopt;
    }

 private:
    std::mutex mutex_;
    bool connected_ = false;
    std::optional<std::string> closed_;
};

}  // namespace update
