#pragma once
#include <cstdint>

namespace update {

class Random {
 public:
    virtual ~Random() = default;
    /// Uniform in [0, bound); 0 for bound 0.
    virtual std::uint64_t below(std::uint64_t bound) = 0;
};

}  // namespace update
