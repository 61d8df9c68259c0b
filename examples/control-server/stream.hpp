// What the network files share. Beast compiles slowly: only http_connection.cpp, websocket.cpp and
// listener.cpp include this header.
#pragma once
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <memory>

#include "api.hpp"
#include "artifacts.hpp"
#include "fleet.hpp"

namespace control {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// What the connections work with; outlives them.
struct Site {
    Fleet& fleet;
    Api& api;
    Artifacts& artifacts;
    asio::thread_pool& hashing;  ///< so that a large file's first ETag stalls no connection
};

/// Counts one connection as long as it lives.
using Permit = std::shared_ptr<void>;

/// A client that keeps us waiting longer than this for a handshake or a request head is cut.
inline constexpr std::chrono::seconds handshake_timeout{10};
inline constexpr std::chrono::seconds idle_timeout{30};

/// Takes a fresh TCP connection over and lives by itself until it ends.
void start_http(asio::ip::tcp::socket&&, asio::ssl::context&, Site&, Permit);
/// Takes over a connection that asked for the agents' WebSocket.
void start_websocket(TlsStream&&, const http::request<http::string_body>& upgrade, Site&, Permit);

}  // namespace control
