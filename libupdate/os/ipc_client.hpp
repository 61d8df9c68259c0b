// The asking side of the local socket.
#pragma once
#include <chrono>

#include "ipc/message.hpp"
#include "ports/files.hpp"

namespace update {

/// Sends one request and waits for its reply; a connection of its own. `timeout` limits the whole exchange.
/// The server must run as root or as this process's own account, which is checked before a byte is sent to
/// it. A reply with ok == false is a value here: see ipc::to_status. Any thread; blocks.
/// @return `not_found` when nobody listens; `permission` when this account may not connect; `refused` when
/// the server
///         is somebody else's; `timed_out` also when the connection ended without a reply (the request may
///         have had its effect); `unsupported` when the server's protocol is too far away; `corrupt` when it
///         talks nonsense.
Result<ipc::Reply> ask(const Path& socket, const ipc::Request&, std::chrono::milliseconds timeout);

}  // namespace update
