#include "ipc/rate_limit.hpp"

#include <algorithm>

namespace update::ipc {
namespace {

// More accounts than this at a time means that somebody makes them up: forget those that have their full
// share again.
constexpr std::size_t remembered_max = 64;

}  // namespace

double RateLimit::tokens_at(const Bucket& bucket, Instant now) const {
    const std::chrono::duration<double> passed = now - bucket.at;
    return std::min(burst_, bucket.tokens + passed.count() * per_second_);
}

bool RateLimit::take(std::uint64_t account, Instant now) {
    if (buckets_.size() > remembered_max)
        std::erase_if(buckets_, [&](const auto& item) { return tokens_at(item.second, now) >= burst_; });
    Bucket& bucket = buckets_.try_emplace(account, Bucket{burst_, now}).first->second;
    bucket = {tokens_at(bucket, now), now};
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

}  // namespace update::ipc
