#include "listener.hpp"

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "log.hpp"
#include "stream.hpp"

namespace control {
namespace {

using asio::ip::tcp;

constexpr int connections_max =
    1024;  // below the usual limit of descriptors, and 256 MiB of send buffers at worst
constexpr std::chrono::milliseconds farewell{500};
constexpr std::chrono::milliseconds accept_pause{100};  // when the system has no descriptors left

class Listener {
 public:
    Listener(asio::io_context& io, asio::ssl::context& tls, Site& site)
        : io_{io}, tls_{tls}, site_{site}, strand_{asio::make_strand(io)} {}

    /// @return what went wrong, or an empty code
    boost::system::error_code open(const tcp::endpoint& address) {
        boost::system::error_code failed;
        acceptor_.open(address.protocol(), failed);
        if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address{true}, failed);
        if (!failed) acceptor_.bind(address, failed);
        if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
        if (failed) return failed;
        accept();
        signals_.async_wait([this](boost::system::error_code cancelled, int) {
            if (!cancelled) stop();
        });
        return failed;
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
    void accept() {
        acceptor_.async_accept(asio::make_strand(io_),
                               [this](boost::system::error_code failed, tcp::socket socket) {
                                   if (failed == asio::error::operation_aborted) return;
                                   if (failed) return pause();
                                   if (Permit permit = admit()) {
                                       socket.set_option(tcp::no_delay{true}, failed);
                                       start_http(std::move(socket), tls_, site_, std::move(permit));
                                   }
                                   accept();
                               });
    }
    void pause() {
        timer_.expires_after(accept_pause);
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled && acceptor_.is_open()) accept();
        });
    }
    /// Null when there are too many connections: the newest is dropped, those that work go on.
    Permit admit() {
        if (connections_.use_count() > connections_max) return nullptr;
        return connections_;
    }
    void stop() {
        acceptor_.close();
        site_.fleet.close_all("the server stops");
        if (connections_.use_count() == 1) return io_.stop();
        timer_.expires_after(farewell);
        timer_.async_wait([this](boost::system::error_code) { io_.stop(); });
    }

    asio::io_context& io_;
    asio::ssl::context& tls_;
    Site& site_;
    asio::strand<asio::io_context::executor_type> strand_;
    tcp::acceptor acceptor_{strand_};
    asio::signal_set signals_{strand_, SIGTERM, SIGINT};
    asio::steady_timer timer_{strand_};
    Permit connections_ = std::make_shared<char>();  ///< its owners are the connections, and this
};

Status load(asio::ssl::context& tls, const ListenSettings& settings) {
    boost::system::error_code failed;
    tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                    asio::ssl::context::no_tlsv1_1);
    tls.use_certificate_chain_file(settings.certificate_file, failed);
    if (failed) return Error{ErrorCode::refused, settings.certificate_file + ": " + failed.message()};
    tls.use_private_key_file(settings.key_file, asio::ssl::context::pem, failed);
    if (failed) return Error{ErrorCode::refused, settings.key_file + ": " + failed.message()};
    return update::done();
}

/// Asio lets `run` be called again after a handler threw: what that handler held, its connection, is gone,
/// the others go on.
void run(asio::io_context& io) {
    for (;;) {
        try {
            io.run();
            return;
        } catch (const std::exception& e) {
            log("a connection was dropped: {}", e.what());
        }
    }
}

void run_threads(asio::io_context& io) {
    std::vector<std::thread> others;
    const unsigned count = std::clamp(std::thread::hardware_concurrency(), 2u, 8u);
    for (unsigned i = 1; i < count; ++i) others.emplace_back([&io] { run(io); });
    run(io);
    for (std::thread& other : others) other.join();
}

}  // namespace

Status serve(const ListenSettings& settings, Fleet& fleet, Api& api, Artifacts& artifacts,
             const std::function<Status(std::uint16_t)>& ready) {
    asio::ssl::context tls{asio::ssl::context::tls_server};
    UPDATE_CHECK(load(tls, settings), "TLS");
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(settings.host, failed);
    if (failed) return Error{ErrorCode::refused, "listen: not an IP address: " + settings.host};
    // Connections that are still there when the loop stops die with `io`, before everything that they work
    // with.
    asio::thread_pool hashing{1};
    Site site{fleet, api, artifacts, hashing};
    asio::io_context io;
    Listener listener{io, tls, site};
    if (failed = listener.open({address, settings.port}); failed)
        return Error{ErrorCode::refused,
                     fmt::format("listen on {}:{}: {}", settings.host, settings.port, failed.message())};
    UPDATE_CHECK(ready(listener.port()), "ready");
    run_threads(io);
    hashing.join();
    log("stopped");
    return update::done();
}

}  // namespace control
