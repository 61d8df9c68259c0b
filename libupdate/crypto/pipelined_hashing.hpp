// Hashing beside the caller: the caller receives and writes while another thread digests.
#pragma once
#include "ports/hashing.hpp"

namespace update {

/// Wraps another Hashing. Each stream has one thread and four blocks of 128 KiB, both gone with the stream,
/// so memory does not grow with the data. `update` copies and returns; like `block` it waits only while all
/// blocks are still to be digested. Digests are those of the wrapped one. A stream may be dropped unfinished.
/// One caller thread per stream. Where no thread can be started, the stream works in the caller's thread.
class PipelinedHashing : public Hashing {
 public:
    /// @param inner  used from the stream's thread; outlives this object and its streams
    explicit PipelinedHashing(Hashing& inner) : inner_{inner} {}
    std::unique_ptr<Sha256Stream> sha256() override;

 private:
    Hashing& inner_;
};

}  // namespace update
