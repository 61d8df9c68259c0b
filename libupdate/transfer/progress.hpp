// How far a transfer is, for people.
#pragma once
#include <cstdint>
#include <optional>

#include "ports/clock.hpp"

namespace update {

struct TransferProgress {
    std::size_t n = 0;        ///< which artifact of the plan
    std::uint64_t bytes = 0;  ///< held on disk; falls back when bytes had to be thrown away
    std::uint64_t total = 0;
    std::uint64_t network_bytes = 0;  ///< received by this call so far
};

/// Hears the state before the first byte, at most ten more times per second, and the state at the end,
/// whatever it is.
class ProgressListener {
 public:
    virtual ~ProgressListener() = default;
    virtual void progressed(const TransferProgress&) = 0;
};

/// Thins the events out.
class ProgressReport {
 public:
    static constexpr std::chrono::milliseconds interval{100};

    ProgressReport(ProgressListener* listener, const Clock& clock) : listener_{listener}, clock_{clock} {}

    void now(const TransferProgress& progress) {
        if (listener_ == nullptr) return;
        last_ = clock_.now();
        listener_->progressed(progress);
    }
    void perhaps(const TransferProgress& progress) {
        if (listener_ != nullptr && (!last_ || clock_.now() - *last_ >= interval)) now(progress);
    }

 private:
    ProgressListener* listener_;
    const Clock& clock_;
    std::optional<Instant> last_;
};

}  // namespace update
