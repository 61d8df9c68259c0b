#pragma once
#include <chrono>
#include <optional>

#include "layout/layout.hpp"
#include "ports/channel.hpp"
#include "ports/files.hpp"

namespace update {

/// The wish on disk to cancel an update, as a channel tells it to the engine. One thread.
class CancelRequest {
 public:
    /// Whoever waits for signals looks so often.
    static constexpr std::chrono::milliseconds look_period{200};

    CancelRequest(Files& files, const Layout& layout) : files_{files}, layout_{layout} {}

    /// The wish, at every other look: a reader that takes all signals until none is left comes to an end,
    /// and one that was busy with something else hears of it again.
    std::optional<Signal> look();

 private:
    Files& files_;
    const Layout& layout_;
    bool told_ = false;
};

}  // namespace update
