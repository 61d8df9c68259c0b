// Real sockets, processes and folders for the tests here.
#pragma once
#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "ipc/frame.hpp"
#include "os/ipc_client.hpp"
#include "os/ipc_server.hpp"

namespace update::test {

using namespace std::chrono_literals;

inline constexpr uid_t nobody = 65534;
inline constexpr auto plenty = 10s;  ///< longer than anything here takes; only a failing test waits for it

class TempFolder {
 public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "update-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TempFolder(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Path operator/(const std::string& name) const { return path_ / name; }
    const Path& path() const { return path_; }

 private:
    Path path_;
};

/// Runs `body` in a forked process and returns how it ended (exit code, or 128 + signal).
inline int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

inline int as_nobody(const std::function<int()>& body) {
    return in_child([&] {
        if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 99;
        return body();
    });
}

/// Foreign accounts exist for a test only when it runs as root.
inline bool root_for(const std::string& what) {
    if (::geteuid() == 0) return true;
    MESSAGE("skipped, needs root: " << what);
    return false;
}

/// A server on its own thread.
class ServerThread {
 public:
    ServerThread(IpcServerOptions options, IpcServer::Handler handler) {
        std::atomic<bool> ready{false};
        thread_ = std::thread{[&, options, handler] {
            auto loop = EventLoop::create();
            auto server = IpcServer::open(**loop, options, handler);
            if (!server) error_ = server.error().message();
            loop_ = loop->get();
            ready = true;
            ready.notify_one();
            while (!stop_) (*loop)->run_once(Instant::max());
        }};
        ready.wait(false);
        INFO(error_);
        REQUIRE(error_.empty());
    }
    ~ServerThread() {
        stop_ = true;
        loop_->wake();
        thread_.join();
    }

 private:
    std::thread thread_;
    std::string error_;
    EventLoop* loop_ = nullptr;
    std::atomic<bool> stop_{false};
};

inline ipc::Reply agree(const ipc::Request&, const Peer&) { return ipc::accepted("served"); }

/// A connection that sends what it likes.
class RawClient {
 public:
    explicit RawClient(const Path& socket) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    RawClient(RawClient&& other) noexcept : fd_{std::exchange(other.fd_, -1)}, connected_{other.connected_} {}
    ~RawClient() {
        if (fd_ >= 0) ::close(fd_);
    }
    bool connected() const { return connected_; }
    int fd() const { return fd_; }
    bool send(const std::string& bytes) const {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    bool send_json(const std::string& json) const { return send(*ipc::frame(json)); }
    /// The next reply; nothing when the server closed or `plenty` passed.
    std::optional<ipc::Reply> reply() {
        for (;;) {
            if (auto message = deframer_.next()) {
                auto decoded = ipc::decode_reply(*message);
                if (!decoded) return std::nullopt;
                return *decoded;
            }
            char bytes[4096];
            pollfd poll{fd_, POLLIN, 0};
            if (::poll(&poll, 1, std::chrono::milliseconds{plenty}.count()) != 1) return std::nullopt;
            const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
            if (count <= 0 || !deframer_.feed(bytes, static_cast<std::size_t>(count))) return std::nullopt;
        }
    }
    /// Waits until the server closes. @return false when it does not within `plenty`.
    bool closed_by_server() const {
        const Instant deadline = EventLoop::now() + plenty;
        while (EventLoop::now() < deadline) {
            pollfd poll{fd_, POLLIN, 0};
            ::poll(&poll, 1, 1000);
            char bytes[4096];
            const ssize_t count = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
            if (count == 0 || (count < 0 && errno == ECONNRESET)) return true;
        }
        return false;
    }

 private:
    int fd_;
    bool connected_ = false;
    ipc::Deframer deframer_;
};

inline ipc::Request request(ipc::Type type) {
    ipc::Request result;
    result.type = type;
    return result;
}

}  // namespace update::test
