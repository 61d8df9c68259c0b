#include "net/control/end_process.hpp"

#include <cstdio>
#include <cstdlib>

namespace update {

void end_process(int exit_code) noexcept {
    std::fflush(nullptr);
    std::_Exit(exit_code);
}

}  // namespace update
