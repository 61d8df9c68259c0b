#include "sim/darkness.hpp"

#include <algorithm>

namespace update::sim {

Darkness::Time Darkness::lasted(Instant now) const {
    if (!dark_) return Time{0};
    return excused_ ? before_ : before_ + (now - since_);
}

void Darkness::agent_ended(Instant now) {
    if (dark_) return;
    dark_ = true;
    since_ = now;
    before_ = Time{0};
}

void Darkness::agent_ready(Instant now) {
    worst_ = std::max(worst_, lasted(now));
    dark_ = false;
}

void Darkness::excuse(bool excused, Instant now) {
    if (excused == excused_) return;
    if (excused) before_ = lasted(now);
    since_ = now;
    excused_ = excused;
}

}  // namespace update::sim
