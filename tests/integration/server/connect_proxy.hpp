// A forward proxy that knows CONNECT and nothing else.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace server_test {

/// Listens on a free port of this machine; tunnels wherever it is asked to on this machine.
class ConnectProxy {
 public:
    ConnectProxy();
    ~ConnectProxy();
    ConnectProxy(const ConnectProxy&) = delete;
    ConnectProxy& operator=(const ConnectProxy&) = delete;

    std::string url(const std::string& login = "") const;
    /// The heads of the requests so far.
    std::vector<std::string> requests() const;

 private:
    void accept_all();
    void serve(int client);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::vector<int> open_;  ///< shut down at the end, so that every tunnel ends
    std::vector<std::thread> tunnels_;
    std::thread accepting_;
};

}  // namespace server_test
