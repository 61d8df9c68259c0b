// Private to the test server: the few calls on sockets in which Linux and Windows differ.
#pragma once
#include <stdexcept>
#include <string>
#include <utility>
#ifdef _WIN32
#include <winsock2.h>
// Not before winsock2.h.
#include <ws2tcpip.h>
namespace update::test {
using NativeSocket = SOCKET;
using NativeSize = int;
inline constexpr int without_signal = 0;
inline void begin_sockets() {
    WSADATA data;
    if (::WSAStartup(MAKEWORD(2, 2), &data) != 0) throw std::runtime_error{"test server: no sockets"};
}
inline void end_sockets() { ::WSACleanup(); }
inline void keep_out_broken_pipes() {}  // there are none
inline NativeSocket new_socket() { return ::socket(AF_INET, SOCK_STREAM, 0); }
inline NativeSocket accept_from(NativeSocket listener) { return ::accept(listener, nullptr, nullptr); }
inline int poll_sockets(pollfd* events, unsigned count, int timeout_ms) {
    return ::WSAPoll(events, count, timeout_ms);
}
inline void end_sending(NativeSocket socket) { ::shutdown(socket, SD_SEND); }
inline void close_socket(NativeSocket socket) { ::closesocket(socket); }
}  // namespace update::test
#else
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
namespace update::test {
using NativeSocket = int;
using NativeSize = socklen_t;
inline constexpr int without_signal = MSG_NOSIGNAL;
inline void begin_sockets() {}
inline void end_sockets() {}
/// For this thread and those that it starts; not for the client under test, which shall not depend on it.
inline void keep_out_broken_pipes() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}
inline NativeSocket new_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
inline NativeSocket accept_from(NativeSocket listener) {
    return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
}
inline int poll_sockets(pollfd* events, unsigned count, int timeout_ms) {
    return ::poll(events, count, timeout_ms);
}
inline void end_sending(NativeSocket socket) { ::shutdown(socket, SHUT_WR); }
inline void close_socket(NativeSocket socket) { ::close(socket); }
}  // namespace update::test
#endif

namespace update::test {

inline constexpr auto no_socket = static_cast<NativeSocket>(-1);

inline void require_socket(bool ok, const char* what) {
    if (!ok) throw std::runtime_error{std::string{"test server: "} + what};
}

template <class Option>
void set_option(NativeSocket socket, int level, int name, const Option& value) {
    ::setsockopt(socket, level, name, reinterpret_cast<const char*>(&value), sizeof value);
}

/// At an ephemeral port of 127.0.0.1, which is written into `address`.
inline NativeSocket listen_here(sockaddr_in& address) {
    const NativeSocket listener = new_socket();
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NativeSize size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    require_socket(::bind(listener, name, size) == 0 && ::listen(listener, 64) == 0, "listen");
    ::getsockname(listener, name, &size);
    return listener;
}

/// Two sockets, connected with each other: what is written into the second makes the first readable.
inline std::pair<NativeSocket, NativeSocket> connected_pair() {
    sockaddr_in address;
    const NativeSocket listener = listen_here(address), writer = new_socket();
    require_socket(::connect(writer, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
    const NativeSocket reader = accept_from(listener);
    close_socket(listener);
    require_socket(reader != no_socket, "accept");
    return {reader, writer};
}

}  // namespace update::test
