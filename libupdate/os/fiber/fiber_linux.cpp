#include <csetjmp>
#include <cstdint>
#include <ucontext.h>
#include <utility>
#include <vector>

#include "os/fiber/fiber.hpp"

namespace update {
namespace {

constexpr std::size_t stack_bytes = 256 * 1024;
using Stack = std::unique_ptr<std::byte[]>;

/// Stacks are used again: a run starts a dozen processes and lasts microseconds.
std::vector<Stack>& spare_stacks() {
    thread_local std::vector<Stack> spare;
    return spare;
}
Stack take_stack() {
    auto& spare = spare_stacks();
    if (spare.empty()) return std::make_unique_for_overwrite<std::byte[]>(stack_bytes);
    Stack stack = std::move(spare.back());
    spare.pop_back();
    return stack;
}

}  // namespace

struct Fiber::Machine {
    std::function<void()> body;
    Stack stack = take_stack();
    ucontext_t first{}, starter{};
    ::jmp_buf here{}, resumer{};
    bool started = false, ended = false;

    static void enter(unsigned high, unsigned low) {
        auto* self =
            reinterpret_cast<Machine*>(static_cast<std::uintptr_t>(high) << 32U | std::uintptr_t{low});
        self->body();
        self->ended = true;
        ::_longjmp(self->resumer, 1);
    }
};

Fiber::Fiber(std::function<void()> body) : machine_{std::make_unique<Machine>()} {
    machine_->body = std::move(body);
}
Fiber::~Fiber() { spare_stacks().push_back(std::move(machine_->stack)); }

bool Fiber::started() const { return machine_->started; }
bool Fiber::ended() const { return machine_->ended; }

// The context is needed once, to get onto the new stack. From then on _setjmp and _longjmp switch, because
// they save the signal mask's system call.
void Fiber::resume() {
    Machine& m = *machine_;
    if (::_setjmp(m.resumer) != 0) return;
    if (m.started) ::_longjmp(m.here, 1);
    m.started = true;
    ::getcontext(&m.first);
    m.first.uc_stack.ss_sp = m.stack.get();
    m.first.uc_stack.ss_size = stack_bytes;
    m.first.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(&m);
    ::makecontext(&m.first, reinterpret_cast<void (*)()>(&Machine::enter), 2,
                  static_cast<unsigned>(self >> 32U), static_cast<unsigned>(self));
    ::swapcontext(&m.starter, &m.first);
}

void Fiber::suspend() {
    Machine& m = *machine_;
    if (::_setjmp(m.here) == 0) ::_longjmp(m.resumer, 1);
}

}  // namespace update
