#include "engine/rest.hpp"

#include <algorithm>

namespace update {

using namespace std::chrono_literals;

bool rest_before_again(Channel& channel, const Clock& clock, unsigned failures) {
    constexpr std::chrono::milliseconds first = 200ms, longest = 30s;
    std::chrono::milliseconds wait = first;
    for (unsigned n = 1; n < failures && wait < longest; ++n) wait *= 4;
    const Instant until = clock.now() + std::min(wait, longest);
    while (clock.now() < until)
        if (channel.wait(until).kind == Signal::Kind::stopping) return false;
    return true;
}

}  // namespace update
