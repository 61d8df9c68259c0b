// For the Windows twins: named pipes that stand for the path of a socket.
#pragma once
#include <string>

#include "os/handle.hpp"
#include "os/peer.hpp"
#include "ports/files.hpp"

namespace update {

/// "\\.\pipe\update/C:/ProgramData/agent/run/watchdog.sock": pipes have one flat list of names, in which
/// only '\' is forbidden. A path too long for a name (256 characters) is cut and made unique by a number.
/// @return `refused` for a path that is not absolute
Result<std::wstring> pipe_name(const Path& socket);

/// Who is at the client's end. @return an error when the client does not allow to be identified
Result<Peer> peer_of(void* server_end);
/// Is the pipe the system's, the administrators' or this account's? Nobody else can give it such an owner.
/// @return `refused`
Status check_owner(void* client_end);

}  // namespace update
