// An HTTP(S) server that misbehaves as told: threads of the test process, an ephemeral port of 127.0.0.1.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/fault_connection.hpp"
#include "support/fault_reply.hpp"

namespace update::test {

class FaultServer {
 public:
    /// @param ca  null: plain http
    explicit FaultServer(const TestCa* ca);
    ~FaultServer();
    FaultServer(const FaultServer&) = delete;
    FaultServer& operator=(const FaultServer&) = delete;

    /// The answers to requests for `path`, in turn; the last one is repeated. An unknown path is 404.
    void script(const std::string& path, std::vector<Reply> replies);
    /// Every file below the folder, by its path there, without ETags.
    void serve(const std::filesystem::path& folder);
    std::string url(const std::string& path, const std::string& user_info = {}) const;
    unsigned port() const { return port_; }

    std::vector<SeenRequest> requests() const;
    /// Of response bodies, over all connections, as handed to the system.
    std::uint64_t body_bytes_sent() const { return body_bytes_sent_; }

 private:
    void accept_all();
    void serve(SocketNumber socket, unsigned number);
    std::shared_ptr<const Reply> next_reply(const SeenRequest&);

    TlsIdentity tls_;
    SocketNumber listener_, stop_reader_, stop_writer_;  ///< the reader is readable once the server shall end
    unsigned port_ = 0;
    mutable std::mutex mutex_;
    std::map<std::string, std::deque<std::shared_ptr<const Reply>>> scripts_;
    std::vector<SeenRequest> requests_;
    std::atomic<std::uint64_t> body_bytes_sent_{0};
    std::list<std::thread> connections_;
    std::thread acceptor_;
};

}  // namespace update::test
