#pragma once
#include "ports/channel.hpp"

namespace update {

/// Waits before an effect that has failed is tried again: 0.2 s, then four times as long each, at most 30 s.
/// A scanner that holds a file, or a volume that is full for a moment, is over by then.
/// @return false when this process has to end
bool rest_before_again(Channel&, const Clock&, unsigned failures);

}  // namespace update
