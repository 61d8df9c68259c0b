#include <atomic>

#include "os/control_watch.hpp"
#include "os/termination.hpp"

namespace update {

struct Termination::Impl {
    explicit Impl(std::function<void()> call) : requested{std::move(call)} {}
    std::function<void()> requested;
    std::atomic_flag told;
    ControlWatch watch{[this](EventLoop::Request) {
        if (!told.test_and_set()) requested();
    }};
};

Termination::Termination(std::function<void()> requested)
    : impl_{std::make_unique<Impl>(std::move(requested))} {}
Termination::~Termination() = default;

struct TerminationBlock::Impl {
    ControlWatch watch{{}};
};

TerminationBlock::TerminationBlock() : impl_{std::make_unique<Impl>()} {}
TerminationBlock::~TerminationBlock() = default;

}  // namespace update
