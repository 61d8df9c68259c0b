// Private to os/: unix stream sockets by path.
#pragma once
#include <cstdint>
#include <sys/socket.h>
#include <sys/un.h>

#include <update/result.hpp>

#include "os/fd.hpp"
#include "os/local_connection.hpp"
#include "os/peer.hpp"
#include "ports/files.hpp"

namespace update {

/// An address for a socket of any path length (the system's own limit is 107 bytes): its folder is held open,
/// and the name is looked up in that very folder, whatever happens to the path meanwhile.
struct LocalAddress {
    Fd folder;
    sockaddr_un address{};
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};
/// @return `not_found` when the folder does not exist, `refused` when the file name is empty or too long.
Result<LocalAddress> local_address(const Path& socket);

Result<Fd> local_socket();
/// Who is at the other end: who connected, or who called listen.
Result<Peer> peer_of(const Fd& connection);

struct LocalConnection::System {
    Fd socket;
    EventLoop* loop = nullptr;  ///< where it is followed
};

}  // namespace update
