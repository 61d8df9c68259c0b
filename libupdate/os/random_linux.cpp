#include <cerrno>
#include <cstdlib>
#include <sys/random.h>

#include "os/random.hpp"

namespace update {
namespace {

/// getrandom gives up to 256 bytes whole or waits for the first entropy after boot; the only error left is
/// EINTR.
std::uint64_t draw() {
    std::uint64_t value = 0;
    while (::getrandom(&value, sizeof value, 0) != static_cast<::ssize_t>(sizeof value)) {
        if (errno != EINTR) std::abort();
    }
    return value;
}

class LinuxRandom final : public Random {
 public:
    std::uint64_t below(std::uint64_t bound) override {
        if (bound == 0) return 0;
        // 2^64 mod bound values at the low end would make small results likelier; draw again when one comes.
        const std::uint64_t unfair = (0 - bound) % bound;
        std::uint64_t value = draw();
        while (value < unfair) value = draw();
        return value % bound;
    }
};

}  // namespace

std::unique_ptr<Random> make_random() { return std::make_unique<LinuxRandom>(); }

}  // namespace update
