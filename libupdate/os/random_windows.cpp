#include <cstdlib>

#include "os/random.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <bcrypt.h>

namespace update {
namespace {

/// The system's preferred generator has no error that a caller could do anything about.
std::uint64_t draw() {
    std::uint64_t value = 0;
    if (::BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(&value), sizeof value,
                          BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0)
        std::abort();
    return value;
}

class WindowsRandom final : public Random {
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

std::unique_ptr<Random> make_random() { return std::make_unique<WindowsRandom>(); }

}  // namespace update
