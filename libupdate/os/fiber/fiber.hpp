#pragma once
#include <functional>
#include <memory>

namespace update {

/// A simulated process's thread of control: runs on a stack of its own until it suspends itself, and goes on
/// from there when it is resumed. All fibers share one thread, so nothing ever runs at the same time.
/// Exceptions must not leave the body.
class Fiber {
 public:
    explicit Fiber(std::function<void()> body);
    /// Only one that has ended, or was never resumed.
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Goes on in the fiber, until it suspends itself or ends. May be called from another fiber.
    void resume();
    /// Back to whoever resumed it. Called in the fiber itself.
    void suspend();
    bool started() const;
    bool ended() const;

 private:
    struct Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace update
