// An HTTP(S) server that misbehaves as told: threads of the test process, an ephemeral port of 127.0.0.1.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/test_ca.hpp"

namespace update::test {

using Bytes = std::vector<std::byte>;

/// How one request is answered.
struct Reply {
    int status = 200;  ///< 200 becomes 206 when the request's range is honoured
    Bytes body;
    std::string etag = "\"v1\"";       ///< empty: none is sent
    std::vector<std::string> headers;  ///< further lines, without line end
    bool ignores_range = false;
    bool honours_if_range = true;              ///< a validator that does not match gets the whole body
    std::optional<std::string> content_range;  ///< instead of the true one
    bool announces_length = true;              ///< else the body is chunked
    std::optional<std::size_t> cut_after;  ///< body bytes; then the TCP stream ends, all of them delivered
    std::optional<std::size_t>
        reset_after;  ///< body bytes; then RST, which may destroy some of them on the way
    std::optional<std::size_t> silent_after;  ///< body bytes; then nothing until the client goes
    std::size_t bytes_per_second = 0;         ///< 0: as fast as it goes
};

struct SeenRequest {
    std::string path;
    std::map<std::string, std::string> headers;  ///< names in lower case
    unsigned connection = 0;                     ///< counted from 1
};

class FaultServer {
 public:
    /// @param ca  null: plain http
    explicit FaultServer(const TestCa* ca);
    ~FaultServer();
    FaultServer(const FaultServer&) = delete;
    FaultServer& operator=(const FaultServer&) = delete;

    /// The answers to requests for `path`, in turn; the last one is repeated. An unknown path is 404.
    void script(const std::string& path, std::vector<Reply> replies);
    std::string url(const std::string& path, const std::string& user_info = {}) const;
    unsigned port() const { return port_; }

    std::vector<SeenRequest> requests() const;
    /// Of response bodies, over all connections, as handed to the system.
    std::uint64_t body_bytes_sent() const { return body_bytes_sent_; }

 private:
    struct Tls;
    class Connection;
    void accept_all();
    void serve(int socket, unsigned number);
    std::shared_ptr<const Reply> next_reply(const SeenRequest&);

    std::unique_ptr<Tls> tls_;
    int listener_ = -1;
    int stop_reader_ = -1, stop_writer_ = -1;  ///< a pipe; readable once the server shall end
    unsigned port_ = 0;
    mutable std::mutex mutex_;
    std::map<std::string, std::deque<std::shared_ptr<const Reply>>> scripts_;
    std::vector<SeenRequest> requests_;
    std::atomic<std::uint64_t> body_bytes_sent_{0};
    std::list<std::thread> connections_;
    std::thread acceptor_;
};

}  // namespace update::test
