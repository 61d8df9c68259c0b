#include "sim/hashing.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace update::sim {

void FastHash::mix(std::uint64_t word) {
    a_ = (a_ ^ word) * 0x100000001b3ULL;
    b_ = (b_ + a_) * 0x9e3779b97f4a7c15ULL;
}

/// Word by word, however the bytes were cut: the result must not depend on it.
void FastHash::update(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t held = size_ % sizeof word_, count = std::min(bytes.size(), sizeof word_ - held);
        std::memcpy(reinterpret_cast<std::byte*>(&word_) + held, bytes.data(), count);
        bytes = bytes.subspan(count);
        size_ += count;
        if (size_ % sizeof word_ == 0) mix(std::exchange(word_, 0));
    }
}

Sha256 FastHash::finish() {
    mix(word_);
    const std::uint64_t words[4] = {a_, b_, a_ ^ size_, ~b_ + size_};
    Sha256 digest{};
    static_assert(sizeof words == sizeof digest);
    std::memcpy(digest.data(), words, sizeof words);
    return digest;
}

}  // namespace update::sim
