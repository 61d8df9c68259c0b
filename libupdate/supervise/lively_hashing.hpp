#pragma once
#include <chrono>
#include <functional>

#include "ports/clock.hpp"
#include "ports/hashing.hpp"

namespace update {

/// Digests as `inner` does, and calls `look` now and then while bytes go through it: whoever hashes or copies
/// a large file goes on answering, and shows that it lives. No byte, no call: what hangs is silent.
class LivelyHashing : public Hashing {
 public:
    /// @param look  called by the thread that hashes, at most once every `period`, not within itself. All
    /// outlive this object.
    LivelyHashing(Hashing& inner, const Clock& clock, std::function<void()> look,
                  std::chrono::milliseconds period = std::chrono::milliseconds{50})
        : inner_{inner}, clock_{clock}, look_{std::move(look)}, period_{period} {}

    std::unique_ptr<Sha256Stream> sha256() override;

 private:
    class Stream;
    void bytes_went_through();

    Hashing& inner_;
    const Clock& clock_;
    const std::function<void()> look_;
    const std::chrono::milliseconds period_;
    Instant last_look_{};
    bool looking_ = false;
};

}  // namespace update
