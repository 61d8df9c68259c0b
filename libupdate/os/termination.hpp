#pragma once
#include <functional>
#include <memory>

namespace update {

/// Turns SIGTERM and SIGINT into a call, on a thread of its own, for programs with threads. Create it before
/// other threads that should not be interrupted; the signals stay blocked in the creating thread until
/// destruction.
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

}  // namespace update
