#pragma once
#include <chrono>
#include <cstdint>

namespace update::session {

/// Waits between attempts: exponential with full jitter, so that a fleet that lost its server does not come
/// back as one (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter, "full jitter").
struct Reconnect {
    std::chrono::milliseconds first{1'000};  ///< upper bound of the first wait, at least 1 ms
    std::chrono::milliseconds max{60'000};   ///< upper bound of every wait
};

/// Upper bound of the wait after `failures` failures in a row: first * 2^(failures - 1), at most `max`.
/// 0 failures: no wait.
std::chrono::milliseconds backoff_bound(const Reconnect&, unsigned failures);

/// The wait itself, uniform in [0, bound].
/// @param random  uniform over all 64-bit values, drawn anew for each call
std::chrono::milliseconds backoff(const Reconnect&, unsigned failures, std::uint64_t random);

}  // namespace update::session
