#include "os/machine.hpp"

namespace update {
namespace {

#if defined(__x86_64__)
constexpr auto processor = Machine::Processor::x86_64;
#elif defined(__i386__)
constexpr auto processor = Machine::Processor::x86;
#elif defined(__aarch64__)
constexpr auto processor = Machine::Processor::aarch64;
#elif defined(__arm__)
constexpr auto processor = Machine::Processor::arm;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr auto processor = Machine::Processor::riscv64;
#else
#error "add this processor to policy/executable"
#endif

}  // namespace

Machine this_machine() { return {Machine::System::linux_os, processor}; }

}  // namespace update
