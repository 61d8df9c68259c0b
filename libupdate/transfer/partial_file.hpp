// The file that an artifact grows in, and the digest that grows with it.
#pragma once
#include <memory>
#include <span>

#include "ports/files.hpp"
#include "ports/hashing.hpp"
#include "transfer/watch.hpp"

namespace update {

/// Invariant: the digest covers exactly the first `size()` bytes. After an error of `append` or `write_out`
/// the object is only fit for destruction; what is on disk remains fit for `open`.
class PartialFile {
 public:
    struct Place {
        Path path;                         ///< in a private directory of ours that exists
        std::uint64_t expected_bytes = 0;  ///< of the whole artifact
    };

    /// Opens what is there, or creates it empty. What is not a regular file of the directory's owner with
    /// exactly one name is removed first; what is too long is emptied.
    static Result<PartialFile> open(Files&, Hashing&, Place);

    /// Hashes the bytes that `open` found; call once before `append`. @return `cancelled`, `timed_out`, disk
    /// errors
    Status rebuild_digest(Watch&);
    std::uint64_t size() const { return written_ + gathered_; }
    bool complete() const { return size() == place_.expected_bytes; }

    /// @return `corrupt` when it would grow beyond the expected size (nothing is taken then), or disk errors
    Status append(std::span<const std::byte>);
    /// Hands what is still buffered to the file, so that a crash of the process loses nothing.
    Status write_out();
    /// Empties it.
    Status start_over();
    /// Makes file and name durable, and ends the digest: call once. When the disk lost bytes, the file is
    /// removed.
    Result<Sha256> finish();

 private:
    PartialFile(Files& files, Hashing& hashing, Place place, std::unique_ptr<File> file, std::uint64_t size);

    Files* files_;
    Hashing* hashing_;
    Place place_;
    std::unique_ptr<File> file_;
    std::unique_ptr<Sha256Stream> digest_;
    std::uint64_t written_ = 0;
    std::span<std::byte> block_;  ///< of the digest; empty until it is needed
    std::size_t gathered_ = 0;    ///< bytes in it
};

}  // namespace update
