#pragma once
#include <cstdint>

namespace update::sim {

/// splitmix64: small, fast, and the same on every machine, so that a seed names one run for ever.
class Dice {
 public:
    explicit Dice(std::uint64_t seed) : state_{seed} {}
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
        return z ^ z >> 31;
    }
    /// In [0, bound); 0 for bound 0.
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }

 private:
    std::uint64_t state_;
};

}  // namespace update::sim
