#include "sim/hashing.hpp"

#include <cstring>

namespace update::sim {

void FastHash::update(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {  // byte by byte: the result must not depend on how it was cut
        a_ = (a_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3ULL;
        b_ = (b_ + a_) * 0x9e3779b97f4a7c15ULL;
    }
    size_ += bytes.size();
}

Sha256 FastHash::finish() {
    const std::uint64_t words[4] = {a_, b_, a_ ^ size_, ~b_ + size_};
    Sha256 digest{};
    static_assert(sizeof words == sizeof digest);
    std::memcpy(digest.data(), words, sizeof words);
    return digest;
}

}  // namespace update::sim
