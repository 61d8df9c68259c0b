#include <cstdlib>
#include <utility>
#include <vector>
#include <windows.h>

#include "os/fiber/fiber.hpp"

namespace update {
namespace {

constexpr std::size_t stack_bytes = 256 * 1024;

/// One of the system's fibers. It is used again and again, because a run starts a dozen processes and lasts
/// microseconds: between two bodies it stands still in `work`.
struct Runner {
    void* fiber = nullptr;
    std::function<void()>* body = nullptr;
    void* resumer = nullptr;
    bool ended = false;

    Runner() : fiber{::CreateFiberEx(0, stack_bytes, FIBER_FLAG_FLOAT_SWITCH, &Runner::work, this)} {
        if (fiber == nullptr) std::abort();  // out of address space: no simulation can go on
    }
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    ~Runner() { ::DeleteFiber(fiber); }

    static void CALLBACK work(void* self) {
        auto& runner = *static_cast<Runner*>(self);
        for (;;) {
            (*runner.body)();
            runner.ended = true;
            ::SwitchToFiber(runner.resumer);
        }
    }
};

std::vector<std::unique_ptr<Runner>>& spare_runners() {
    thread_local std::vector<std::unique_ptr<Runner>> spare;
    return spare;
}
std::unique_ptr<Runner> take_runner() {
    auto& spare = spare_runners();
    if (spare.empty()) return std::make_unique<Runner>();
    auto runner = std::move(spare.back());
    spare.pop_back();
    return runner;
}

/// A thread can switch to fibers once it is one itself.
void* this_fiber() {
    if (::IsThreadAFiber() == 0) return ::ConvertThreadToFiberEx(nullptr, FIBER_FLAG_FLOAT_SWITCH);
    return ::GetCurrentFiber();
}

}  // namespace

struct Fiber::Machine {
    std::function<void()> body;
    std::unique_ptr<Runner> runner;
    bool ended() const { return runner && runner->ended; }
};

Fiber::Fiber(std::function<void()> body) : machine_{std::make_unique<Machine>()} {
    machine_->body = std::move(body);
}
Fiber::~Fiber() {
    if (machine_->runner) spare_runners().push_back(std::move(machine_->runner));
}

bool Fiber::started() const { return machine_->runner != nullptr; }
bool Fiber::ended() const { return machine_->ended(); }

void Fiber::resume() {
    Machine& m = *machine_;
    if (!m.runner) {
        m.runner = take_runner();
        m.runner->body = &m.body;
        m.runner->ended = false;
    }
    m.runner->resumer = this_fiber();
    ::SwitchToFiber(m.runner->fiber);
}

void Fiber::suspend() { ::SwitchToFiber(machine_->runner->resumer); }

}  // namespace update
