// Messages on a byte stream: 4 bytes big-endian length, then the message.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <update/result.hpp>

#include "ipc/message.hpp"

namespace update::ipc {

/// A frame around one message.
/// @return `refused` when the message is empty or longer than frame_max_bytes.
Result<std::string> frame(std::string_view json);

/// Splits a byte stream into messages. One per connection. Holds what it was fed and no more: taking every
/// message after each feed bounds it to one frame and one read.
class Deframer {
 public:
    /// @return `corrupt` when the peer announces a length of 0 or above frame_max_bytes, at the first 4 bytes
    /// of that
    ///         frame: close the connection. Messages before it can still be taken; every later feed fails
    ///         too.
    Status feed(const char* bytes, std::size_t count);
    /// The next complete message, if any.
    std::optional<std::string> next();
    /// Bytes of a message that is not complete yet.
    std::size_t pending_bytes() const { return buffer_.size(); }

 private:
    std::string buffer_;
    std::size_t checked_ = 0;  ///< offset of the first frame whose length was not seen yet
    bool broken_ = false;
};

}  // namespace update::ipc
