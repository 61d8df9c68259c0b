#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "views.hpp"

namespace update::ctl {

/// What an update looks like while it runs: on a terminal one line that is written over, elsewhere one line
/// per state and at most one per second of a download, with --json one object per line.
class ProgressLine {
 public:
    ProgressLine(bool json, Screen screen) : json_{json}, screen_{screen} {}
    void state(std::string_view name);
    void progress(std::string_view state, std::uint64_t bytes, std::uint64_t total);
    void note(std::string_view text);
    /// Leaves a line that is being written over.
    void end();

 private:
    using Time = std::chrono::steady_clock::time_point;

    const bool json_;
    const Screen screen_;
    bool open_ = false;  ///< the cursor stands behind a bar
    std::optional<Time> began_, shown_;
    std::uint64_t first_bytes_ = 0;
};

}  // namespace update::ctl
