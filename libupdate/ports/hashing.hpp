#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <update/plan.hpp>

namespace update {

class Sha256Stream {
 public:
    virtual ~Sha256Stream() = default;
    virtual void update(std::span<const std::byte>) = 0;
    /// Ends the stream; call once.
    virtual Sha256 finish() = 0;

    /// Without copying: memory of the stream for the caller to fill, at least one byte. It stays as it is
    /// after `take`, for reading, until the next call of `block`.
    virtual std::span<std::byte> block() {
        block_.resize(block_bytes);
        return block_;
    }
    /// Digests the first `count` bytes of what `block` gave last.
    virtual void take(std::size_t count) { update(std::span{block_}.first(count)); }

 protected:
    /// TLS delivers records of at most 16 KiB: gathered, they cost an eighth of the system calls, and a block
    /// of this size is still in the cache when it is digested and written.
    static constexpr std::size_t block_bytes = 128 * 1024;

 private:
    std::vector<std::byte> block_;
};
class Hashing {
 public:
    virtual ~Hashing() = default;
    virtual std::unique_ptr<Sha256Stream> sha256() = 0;
};

}  // namespace update
