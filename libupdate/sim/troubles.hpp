// Faults that last, or that wait for their occasion. A fault is counted when it has an effect, not when it is
// thrown: an armed one that nothing meets changed nothing.
#pragma once
#include <bitset>

#include "ports/clock.hpp"
#include "sim/fault.hpp"

namespace update::sim {

class Troubles {
 public:
    /// From now until then; longer, when it lasts already.
    void last_until(FaultKind, Instant end);
    /// For the next so many occasions.
    void arm(FaultKind, unsigned times = 1);

    bool lasts(FaultKind kind, Instant now) const { return now < until_[index(kind)]; }
    /// Somebody comes upon one that lasts. Counts it, once.
    bool meets(FaultKind, Instant now);
    /// Is it armed? Then this was its occasion. Counts it.
    bool takes(FaultKind);
    bool is_armed(FaultKind kind) const { return armed_[index(kind)] > 0; }
    void count(FaultKind kind) { ++counts_[index(kind)]; }

    const FaultCounts& counts() const { return counts_; }
    std::uint64_t count_of(FaultKind kind) const { return counts_[index(kind)]; }

 private:
    static std::size_t index(FaultKind kind) { return static_cast<std::size_t>(kind); }

    std::array<Instant, fault_count> until_{};
    std::array<unsigned, fault_count> armed_{};
    std::bitset<fault_count> unmet_;
    FaultCounts counts_{};
};

}  // namespace update::sim
