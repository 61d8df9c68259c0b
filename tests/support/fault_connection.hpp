// The server's end of one TCP connection, with or without TLS, and the ways of ending it badly.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "support/test_ca.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace update::test {

/// What the system calls a socket, wide enough for each: no header of a system's here.
using SocketNumber = std::intptr_t;

struct FreeTls {
    void operator()(ssl_ctx_st*) const;
    void operator()(ssl_st*) const;
};
using TlsIdentity = std::unique_ptr<ssl_ctx_st, FreeTls>;
TlsIdentity make_tls_identity(const TestCa&);

/// Blocks in reads and writes until the peer goes or the server stops. One thread.
class FaultConnection {
 public:
    /// @param socket  owned from here on
    /// @param stop  readable once the server stops
    /// @param tls  null: plain
    FaultConnection(SocketNumber socket, SocketNumber stop, ssl_ctx_st* tls);
    ~FaultConnection();
    FaultConnection(const FaultConnection&) = delete;
    FaultConnection& operator=(const FaultConnection&) = delete;

    bool open() const { return open_; }
    /// Up to the empty line; empty when the connection ended.
    std::string read_head();
    bool write(std::span<const std::byte> bytes);
    bool write(const std::string& text) { return write(std::as_bytes(std::span{text})); }
    /// A pause of a slow server. @return false when the server stops
    bool pause(std::chrono::milliseconds time);

    /// Nothing is sent until the client closes or the server stops.
    void be_silent();
    /// The end of the stream, without TLS farewell; all that was written arrives.
    void cut();
    /// As a restarted middle box does it: RST, which may destroy what is still on the way.
    void reset();

 private:
    enum class Event { input, stop, over };
    Event wait();
    int send_plain(std::span<const std::byte> bytes);
    bool readable();

    SocketNumber socket_, stop_;
    std::unique_ptr<ssl_st, FreeTls> ssl_;
    bool open_ = true;
};

}  // namespace update::test
