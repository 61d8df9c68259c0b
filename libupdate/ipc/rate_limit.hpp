// How often one account may ask. A token bucket per account.
#pragma once
#include <cstdint>
#include <unordered_map>

#include "ports/clock.hpp"

namespace update::ipc {

class RateLimit {
 public:
    /// `burst` requests at once, then `per_second` on average. Both at least 1.
    RateLimit(unsigned per_second, unsigned burst) : per_second_(per_second), burst_(burst) {}

    /// @return false when the account has used up its share; asking too often does not prolong that.
    bool take(std::uint64_t account, Instant now);
    std::size_t remembered() const { return buckets_.size(); }

 private:
    struct Bucket {
        double tokens;
        Instant at;
    };
    double tokens_at(const Bucket&, Instant now) const;

    double per_second_, burst_;
    std::unordered_map<std::uint64_t, Bucket> buckets_;
};

}  // namespace update::ipc
