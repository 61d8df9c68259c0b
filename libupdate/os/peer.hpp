#pragma once
#include <cstdint>

namespace update {

/// The process at the other end of a local connection, as the system vouches for it at the time of
/// connecting.
struct Peer {
    std::int64_t pid = 0;  ///< 0: in a process namespace that we cannot see
    /// Its account, as current_account() names them. Windows: 0 for the system and for administrators with
    /// their rights in force.
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;  ///< Windows: 0
};

}  // namespace update
