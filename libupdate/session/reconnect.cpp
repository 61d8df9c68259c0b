#include "session/reconnect.hpp"

#include <algorithm>

namespace update::session {

std::chrono::milliseconds backoff_bound(const Reconnect& policy, unsigned failures) {
    if (failures == 0) return std::chrono::milliseconds{0};
    auto bound = std::min(policy.first, policy.max);
    for (unsigned i = 1; i < failures && bound < policy.max; ++i) bound = std::min(bound * 2, policy.max);
    return bound;
}

std::chrono::milliseconds backoff(const Reconnect& policy, unsigned failures, std::uint64_t random) {
    const auto choices = static_cast<std::uint64_t>(backoff_bound(policy, failures).count()) + 1;
    return std::chrono::milliseconds{static_cast<std::int64_t>(random % choices)};
}

}  // namespace update::session
