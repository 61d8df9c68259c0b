#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file_lock.hpp"
#include "os/local_listener.hpp"
#include "os/local_socket.hpp"
#include "os/os_error.hpp"

namespace update {

struct LocalListener::System {
    Fd folder;
    std::string name;
    Fd lock;
    Fd socket;
};

namespace {

// A server that was just killed is gone from the system's tables after this at the latest.
constexpr std::chrono::milliseconds lock_timeout{500};
// Clients wait in the kernel while the watchdog works; more than the server would serve at a time is
// pointless.
constexpr int backlog = 64;

Status make_folder(const Path& folder, Visibility visibility) {
    const mode_t mode = visibility == Visibility::public_status ? 0711 : 0700;
    if (::mkdir(folder.c_str(), mode) == 0) {
        // The process's mask may have taken bits away.
        return ::chmod(folder.c_str(), mode) == 0 ? done()
                                                  : Status{os_error(errno, "open up " + folder.string())};
    }
    return errno == EEXIST ? done() : Status{os_error(errno, "create folder " + folder.string())};
}

Status check_folder(const Fd& folder, const Path& path, Visibility visibility) {
    struct stat status {};
    if (::fstat(folder.get(), &status) != 0) return os_error(errno, "look at folder " + path.string());
    if (status.st_uid != ::geteuid())
        return Error{ErrorCode::refused,
                     fmt::format("folder {} belongs to uid {}", path.string(), status.st_uid)};
    if ((status.st_mode & 0022) != 0)
        return Error{ErrorCode::refused,
                     "others can write to folder " + path.string() + ": take that right away"};
    if (visibility == Visibility::public_status && (status.st_mode & 0001) == 0)
        return Error{ErrorCode::refused,
                     "others cannot pass folder " + path.string() + ": chmod o+x, or use another one"};
    return done();
}

/// With the lock held, what has the name is nobody's.
Status remove_stale(const Fd& folder, const std::string& name) {
    struct stat status {};
    if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? done() : Status{os_error(errno, "look at " + name)};
    if (!S_ISSOCK(status.st_mode)) return Error{ErrorCode::refused, name + " exists and is not a socket"};
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0) return os_error(errno, "remove stale " + name);
    return done();
}

Status bind_and_listen(const Fd& socket, const LocalAddress& address, const std::string& name,
                       Visibility visibility) {
    // The mode set on a socket before bind is that of the file, so there is no moment at which others could
    // connect.
    if (::fchmod(socket.get(), 0600) != 0) return os_error(errno, "set mode");
    if (::bind(socket.get(), address.get(), sizeof address.address) != 0) return os_error(errno, "bind");
    if (::listen(socket.get(), backlog) != 0) return os_error(errno, "listen");
    if (visibility == Visibility::public_status &&
        ::fchmodat(address.folder.get(), name.c_str(), 0666, 0) != 0)
        return os_error(errno, "open up " + name);
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return done();
}

}  // namespace

Result<LocalListener> LocalListener::open(const Path& path, Visibility visibility) {
    const std::string what = "listen at " + path.string();
    UPDATE_CHECK(make_folder(path.parent_path(), visibility), what);
    UPDATE_TRY(address, local_address(path), what);
    UPDATE_CHECK(check_folder(address.folder, path.parent_path(), visibility), what);
    std::string name = path.filename().string();
    UPDATE_TRY(lock,
               lock_file(std::string{address.address.sun_path} + ".lock", EventLoop::now() + lock_timeout),
               what);
    UPDATE_CHECK(remove_stale(address.folder, name), what);
    UPDATE_TRY(socket, local_socket(), what);
    UPDATE_CHECK(bind_and_listen(socket, address, name, visibility), what);
    return LocalListener{std::make_unique<System>(
        System{std::move(address.folder), std::move(name), std::move(lock), std::move(socket)})};
}

LocalListener::LocalListener(std::unique_ptr<System> system) : system_{std::move(system)} {}
LocalListener::LocalListener(LocalListener&&) noexcept = default;
LocalListener::~LocalListener() {
    if (system_) ::unlinkat(system_->folder.get(), system_->name.c_str(), 0);
}

int LocalListener::waitable() const { return system_->socket.get(); }

Result<LocalConnection> LocalListener::accept() {
    Fd socket{::accept4(system_->socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
        return os_error(errno, "accept");
    if (!socket && (errno == EINTR || errno == ECONNABORTED))
        return Error{ErrorCode::refused, "the client has gone"};
    if (!socket) return Error{ErrorCode::not_found, "nobody waits"};
    const auto peer = peer_of(socket);
    if (!peer) return Error{ErrorCode::refused, peer.error().message()};
    auto system = std::make_unique<LocalConnection::System>();
    system->socket = std::move(socket);
    return LocalConnection{std::move(system), *peer};
}

}  // namespace update
