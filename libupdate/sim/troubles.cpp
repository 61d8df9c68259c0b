#include "sim/troubles.hpp"

#include <algorithm>

namespace update::sim {

void Troubles::last_until(FaultKind kind, Instant end) {
    until_[index(kind)] = std::max(until_[index(kind)], end);
    unmet_.set(index(kind));
}

void Troubles::arm(FaultKind kind, unsigned times) { armed_[index(kind)] = times; }

bool Troubles::meets(FaultKind kind, Instant now) {
    if (!lasts(kind, now)) return false;
    if (unmet_.test(index(kind))) count(kind);
    unmet_.reset(index(kind));
    return true;
}

bool Troubles::takes(FaultKind kind) {
    if (armed_[index(kind)] == 0) return false;
    --armed_[index(kind)];
    count(kind);
    return true;
}

}  // namespace update::sim
