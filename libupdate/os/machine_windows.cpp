#include "os/machine.hpp"

namespace update {
namespace {

#if defined(__x86_64__) || defined(_M_X64)
constexpr auto processor = Machine::Processor::x86_64;
#elif defined(__aarch64__) || defined(_M_ARM64)
constexpr auto processor = Machine::Processor::aarch64;
#else
#error "add this processor to policy/executable"
#endif

}  // namespace

Machine this_machine() { return {Machine::System::windows_os, processor}; }

}  // namespace update
