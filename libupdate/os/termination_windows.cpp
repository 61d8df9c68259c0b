#include "os/control_watch.hpp"
#include "os/termination.hpp"

namespace update {

struct Termination::Impl {
    ControlWatch watch;
};

Termination::Termination(std::function<void()> requested)
    : impl_{new Impl{ControlWatch{[requested = std::move(requested)](EventLoop::Request) { requested(); }}}} {
}
Termination::~Termination() = default;

struct TerminationBlock::Impl {
    ControlWatch watch;
};

TerminationBlock::TerminationBlock() : impl_{new Impl{ControlWatch{{}}}} {}
TerminationBlock::~TerminationBlock() = default;

}  // namespace update
