#pragma once
#include <chrono>

#include <update/result.hpp>

namespace update {

/// Puts the update's watchdog program into the place of the running one.
class Renewal {
 public:
    virtual ~Renewal() = default;
    /// Success when the running watchdog is the new program, staged or installed (look first: it may be
    /// already). May not return at all: the process goes on as the new program, which finds the journal and
    /// calls this again.
    /// @return `not_found` when none runs, and none came for a while
    virtual Status renew_watchdog(std::chrono::milliseconds timeout) = 0;
};

}  // namespace update
