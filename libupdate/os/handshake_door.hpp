// For the Windows twins: where the starter of a program that breaks away waits for its answer.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "os/handle.hpp"
#include "ports/clock.hpp"
#include "ports/processes.hpp"

namespace update {

inline constexpr std::string_view handshake_prefix = "\\\\.\\pipe\\update-handshake-";

/// A pipe whose name nobody can guess, with one instance, for this account and the administrators. A name,
/// unlike an inherited handle, also reaches a program that somebody else starts for us (Task Scheduler).
class HandshakeDoor {
 public:
    static Result<HandshakeDoor> open();
    HandshakeDoor(HandshakeDoor&&) noexcept;
    HandshakeDoor& operator=(HandshakeDoor&&) = delete;
    ~HandshakeDoor();

    /// For the program's environment: the value of handshake_variable.
    const std::string& name() const;
    /// @param process  of the program; its end is noticed at once
    /// @return `timed_out`; `unsupported` when it ended without an answer; `refused` when another process
    ///         opened the pipe, or the answer is not that process's
    Status await(void* process, Instant deadline);

 private:
    struct Impl;
    explicit HandshakeDoor(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

}  // namespace update
