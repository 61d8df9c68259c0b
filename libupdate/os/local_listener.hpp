// Private to os/: the socket file and its folder.
#pragma once
#include <string>

#include "os/fd.hpp"
#include "os/ipc_server.hpp"

namespace update {

/// A listening socket that nobody else can have taken; the file goes with it.
class LocalListener {
 public:
    /// Same errors as IpcServer::open.
    static Result<LocalListener> open(const Path& socket, Visibility);
    LocalListener(LocalListener&&) = default;
    LocalListener& operator=(LocalListener&&) = delete;
    ~LocalListener();
    int fd() const { return socket_.get(); }

 private:
    LocalListener(Fd folder, std::string name, Fd lock, Fd socket)
        : folder_{std::move(folder)},
          name_{std::move(name)},
          lock_{std::move(lock)},
          socket_{std::move(socket)} {}

    Fd folder_;
    std::string name_;
    Fd lock_;
    Fd socket_;
};

}  // namespace update
