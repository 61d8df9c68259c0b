// JSON text <-> messages. Strict about the types of known fields, blind to unknown fields and types.
#pragma once
#include <string>
#include <string_view>

#include <update/result.hpp>

#include "session/messages.hpp"

namespace update::session {

/// One text frame.
/// @return `refused` when the text would exceed `message_max_bytes`, `corrupt` when a carried outcome is not
/// a JSON object or a text is not UTF-8. No error message contains a field's value.
Result<std::string> encode(const Message&);

/// @return `unsupported` for an unknown `type`: ignore the message; `corrupt` for everything else that is not
/// in the
///         protocol: close the connection. The message names the field, never its value.
Result<Message> decode(std::string_view text);

/// As above, for the body of an alert.
Result<std::string> encode_alert(const Alert&);
Result<Alert> decode_alert(std::string_view text);

/// 1..64 characters of [A-Za-z0-9._-], not starting with '.': the form of agent ids and update ids.
bool is_identifier(std::string_view);

/// A line for the log. The key is never part of it, nor are the contents of outcomes.
std::string describe(const Message&);

}  // namespace update::session
