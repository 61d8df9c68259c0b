#include "supervise/upkeep.hpp"

#include <algorithm>

namespace update {

using namespace std::chrono_literals;
constexpr milliseconds first_rest = 5s, longest_rest = 10min;

void Upkeep::call() {
    due_ = true;
    not_before_ = {};
    rest_ = 0ms;
}

void Upkeep::succeeded() {
    call();
    due_ = false;
}

void Upkeep::failed(Instant now) {
    rest_ = std::clamp(rest_ * 2, first_rest, longest_rest);
    not_before_ = now + rest_;
}

}  // namespace update
