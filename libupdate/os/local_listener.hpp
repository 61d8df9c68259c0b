// Private to os/: where local clients connect. Linux: a socket file in a folder of its own. Windows: a named
// pipe whose name stands for the same path (local_pipe.hpp).
#pragma once
#include <memory>

#include "os/ipc_server.hpp"
#include "os/local_connection.hpp"

namespace update {

/// A listening place that nobody else can have taken; the name goes with it.
class LocalListener {
 public:
    struct System;
    /// Same errors as IpcServer::open.
    static Result<LocalListener> open(const Path& socket, Visibility);
    explicit LocalListener(std::unique_ptr<System>);
    LocalListener(LocalListener&&) noexcept;
    LocalListener& operator=(LocalListener&&) = delete;
    ~LocalListener();

    /// Readable while somebody waits to be accepted.
    Native waitable() const;
    /// @return `not_found` when nobody waits; `refused` when who waited is gone or cannot be identified;
    ///         `retry_later` when the system is out of descriptors: look again later
    Result<LocalConnection> accept();

 private:
    std::unique_ptr<System> system_;
};

}  // namespace update
