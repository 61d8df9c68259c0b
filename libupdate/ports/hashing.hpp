#pragma once
#include <cstddef>
#include <memory>
#include <span>

#include <update/plan.hpp>

namespace update {

class Sha256Stream {
 public:
    virtual ~Sha256Stream() = default;
    virtual void update(std::span<const std::byte>) = 0;
    /// Ends the stream; call once.
    virtual Sha256 finish() = 0;
};
class Hashing {
 public:
    virtual ~Hashing() = default;
    virtual std::unique_ptr<Sha256Stream> sha256() = 0;
};

}  // namespace update
