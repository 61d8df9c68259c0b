#include "support/fault_connection.hpp"

#include <openssl/ssl.h>
#include <stdexcept>

#include "support/native_sockets.hpp"

namespace update::test {
namespace {

NativeSocket native(SocketNumber socket) { return static_cast<NativeSocket>(socket); }

}  // namespace

void FreeTls::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void FreeTls::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsIdentity make_tls_identity(const TestCa& ca) {
    TlsIdentity identity{SSL_CTX_new(TLS_server_method())};
    if (SSL_CTX_use_certificate_file(identity.get(), ca.certificate_file().c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(identity.get(), ca.key_file().c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error{"fault server: certificate"};
    return identity;
}

FaultConnection::FaultConnection(SocketNumber socket, SocketNumber stop, SSL_CTX* tls)
    : socket_{socket}, stop_{stop} {
    set_option(native(socket_), IPPROTO_TCP, TCP_NODELAY, 1);
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    SSL_set_fd(ssl_.get(), static_cast<int>(socket_));
    open_ = SSL_accept(ssl_.get()) == 1;
}

FaultConnection::~FaultConnection() { close_socket(native(socket_)); }

std::string FaultConnection::read_head() {
    std::string head;
    char byte = 0;
    while (open_ && head.find("\r\n\r\n") == std::string::npos) {
        if (!readable()) return {};
        const auto count =
            ssl_ ? SSL_read(ssl_.get(), &byte, 1) : static_cast<int>(::recv(native(socket_), &byte, 1, 0));
        if (count != 1) return {};
        head += byte;
    }
    return head;
}

int FaultConnection::send_plain(std::span<const std::byte> bytes) {
    const auto* const text = reinterpret_cast<const char*>(bytes.data());
    return static_cast<int>(::send(native(socket_), text, static_cast<int>(bytes.size()), without_signal));
}

bool FaultConnection::write(std::span<const std::byte> bytes) {
    while (open_ && !bytes.empty()) {
        const auto count =
            ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) : send_plain(bytes);
        if (count <= 0)
            open_ = false;
        else
            bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return open_;
}

bool FaultConnection::pause(std::chrono::milliseconds time) {
    pollfd stop{native(stop_), POLLIN, 0};
    return poll_sockets(&stop, 1, static_cast<int>(time.count())) == 0;
}

void FaultConnection::be_silent() {
    while (wait() == Event::input) {
        char buffer[4096];
        if (::recv(native(socket_), buffer, sizeof buffer, 0) <= 0) return;
    }
}

void FaultConnection::cut() {
    end_sending(native(socket_));
    be_silent();
    open_ = false;
}

void FaultConnection::reset() {
    const linger at_once{1, 0};
    set_option(native(socket_), SOL_SOCKET, SO_LINGER, at_once);
    open_ = false;
}

FaultConnection::Event FaultConnection::wait() {
    pollfd events[] = {{native(socket_), POLLIN, 0}, {native(stop_), POLLIN, 0}};
    if (poll_sockets(events, 2, -1) <= 0) return Event::over;
    return events[1].revents != 0 ? Event::stop : Event::input;
}

bool FaultConnection::readable() { return (ssl_ && SSL_pending(ssl_.get()) > 0) || wait() == Event::input; }

}  // namespace update::test
