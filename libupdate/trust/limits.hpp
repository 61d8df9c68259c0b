#pragma once
#include <cstddef>

namespace update::trust {

/// Bounds of what is read from anybody (TUF 5.3.3, 5.4.1, 5.5.1, 5.6.1). The byte caps are those that other
/// clients use, so a publisher need not care whose clients he has.
struct Limits {
    std::size_t root_bytes = 512'000;
    std::size_t timestamp_bytes = 16'384;
    std::size_t snapshot_bytes = 2'000'000;  ///< where the timestamp names no length
    std::size_t targets_bytes = 5'000'000;   ///< where the snapshot names no length
    std::size_t named_bytes =
        64'000'000;             ///< the most that a signed length may allow; 16,384 bins need 2.5 MB
    unsigned new_roots = 256;   ///< per refresh; the next refresh goes on
    unsigned delegations = 32;  ///< delegated roles looked at for one target
};

}  // namespace update::trust
