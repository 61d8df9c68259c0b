#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>

#include "os/local_socket.hpp"
#include "os/os_error.hpp"

namespace update {

Result<LocalAddress> local_address(const Path& socket) {
    LocalAddress result;
    const Path folder = socket.parent_path();
    result.folder = Fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!result.folder) return os_error(errno, "open folder " + folder.string());
    const std::string name = socket.filename().string();
    const std::string path = fmt::format("/proc/self/fd/{}/{}", result.folder.get(), name);
    if (name.empty() || path.size() >= sizeof result.address.sun_path)
        return Error{ErrorCode::refused, "not a name for a socket: " + socket.string()};
    result.address.sun_family = AF_UNIX;
    std::memcpy(result.address.sun_path, path.c_str(), path.size() + 1);
    return result;
}

Result<Fd> local_socket() {
    Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket) return os_error(errno, "create socket");
    return socket;
}

Result<Peer> peer_of(const Fd& connection) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return os_error(errno, "ask who the peer is");
    return Peer{credentials.pid, credentials.uid, credentials.gid};
}

}  // namespace update
