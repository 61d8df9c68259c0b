#pragma once
#include <functional>
#include <memory>

namespace update {

/// Turns what asks this process to end (Linux: SIGTERM and SIGINT; Windows: see EventLoop::watch_requests)
/// into a call on another thread, once, for programs with threads. Create it before other threads that should
/// not be interrupted; the signals stay blocked in the creating thread until destruction.
class Termination {
 public:
    explicit Termination(std::function<void()> requested);
    ~Termination();
    Termination(const Termination&) = delete;
    Termination& operator=(const Termination&) = delete;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// While it lives, SIGTERM, SIGINT and SIGHUP are kept from this thread and from all that it starts. For a
/// program that waits for them with EventLoop::watch_requests and starts threads before: one thread that does
/// not block them is enough for the system to end the process there, without any orderly stop.
class TerminationBlock {
 public:
    TerminationBlock();
    ~TerminationBlock();
    TerminationBlock(const TerminationBlock&) = delete;
    TerminationBlock& operator=(const TerminationBlock&) = delete;

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace update
