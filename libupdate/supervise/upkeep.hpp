// When is something due that is done after each of certain events, and again when it failed? Pure.
#pragma once
#include <update/settings.hpp>

#include "ports/clock.hpp"

namespace update {

/// Due from the beginning. After a failure it rests 5 s, then twice as long each, at most 10 min: what only
/// people can mend does not get better by asking, and each try costs the whole machine something.
class Upkeep {
 public:
    bool is_due(Instant now) const { return due_ && now >= not_before_; }
    /// Something happened that makes it due, at once.
    void call();
    void succeeded();
    void failed(Instant now);

 private:
    bool due_ = true;
    Instant not_before_{};
    milliseconds rest_{0};  ///< the last one
};

}  // namespace update
