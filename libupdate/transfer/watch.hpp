// The two things that may end a transfer from outside, and the only way in which it waits.
#pragma once
#include <string>

#include "ports/channel.hpp"
#include "ports/clock.hpp"

namespace update {

class Watch {
 public:
    Watch(Channel& channel, const Clock& clock, std::string update_id, Instant deadline)
        : channel_{channel}, clock_{clock}, update_id_{std::move(update_id)}, deadline_{deadline} {}

    /// Does not wait. @return `cancelled` (the update, or the process has to end) or `timed_out`
    Status look();
    /// @return as `look`; `timed_out` without waiting when `until` lies behind the deadline
    Status wait(Instant until);

 private:
    Channel& channel_;
    const Clock& clock_;
    std::string update_id_;
    Instant deadline_;
};

}  // namespace update
