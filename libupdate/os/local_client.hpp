// Private to os/: the asking end of a local connection. Blocks, but never longer than until the deadline.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "os/native.hpp"
#include "ports/clock.hpp"
#include "ports/files.hpp"

namespace update {

class LocalClient {
 public:
    /// Finds the server and checks, before a byte is sent, that it is the administrator's or this account's.
    /// @return as `ask`
    static Result<LocalClient> connect(const Path& socket, Instant deadline);
    /// A server that closes early may have left its reason (busy) behind, so that is no error here: read it.
    Status send_all(std::string_view bytes, Instant deadline);
    /// @return at least one byte; `timed_out` when the server closed, or nothing came in time
    Result<std::size_t> receive(std::span<char> into, Instant deadline);

 private:
    explicit LocalClient(Owned connection) : connection_{std::move(connection)} {}
    Owned connection_;
};

}  // namespace update
