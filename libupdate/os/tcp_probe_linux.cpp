#include <algorithm>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <set>
#include <sstream>
#include <sys/socket.h>

#include "os/fd.hpp"
#include "os/os_error.hpp"
#include "os/tcp_probe.hpp"
#include "os/tcp_target.hpp"

namespace update {
namespace {

using Addresses = std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)>;

/// AI_NUMERICHOST: never asks anybody, so it never blocks.
Addresses numeric(const std::string& host, const std::string& port) {
    ::addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
    return {found, &::freeaddrinfo};
}

/// getaddrinfo cannot be given up; a process can. Each line of `getent ahosts` begins with an address.
Result<std::set<std::string>> resolve(const std::string& host, const Deadline& deadline,
                                      Processes& processes) {
    const std::chrono::milliseconds left{std::max(1, deadline.poll_ms())};
    UPDATE_TRY(ran, processes.run({"/usr/bin/getent", {"ahosts", host}, left}),
               "find address of '" + host + "'");
    if (ran.timed_out || ran.exit != ExitStatus{}) {
        return Error{ErrorCode::retry_later, "the address of '" + host + "' is not known"};
    }
    std::set<std::string> addresses;
    std::istringstream lines{ran.output};
    for (std::string line; std::getline(lines, line);) addresses.insert(line.substr(0, line.find(' ')));
    return addresses;
}

Status connected(const Fd& socket, const Deadline& deadline) {
    for (;;) {
        ::pollfd watched{socket.get(), POLLOUT, 0};
        const int ready = ::poll(&watched, 1, deadline.poll_ms());
        if (ready < 0 && errno != EINTR) return os_error(errno, "wait for the connection");
        if (ready > 0) break;
        if (deadline.passed()) return Error{ErrorCode::retry_later, "no answer in time"};
    }
    int error = 0;
    ::socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error == 0) return done();
    return Error{ErrorCode::retry_later, "no connection", {error, std::generic_category()}};
}

Status connect_one(const ::addrinfo& address, const Deadline& deadline) {
    const Fd socket{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) return Error{ErrorCode::retry_later, "open socket", {errno, std::generic_category()}};
    const bool at_once = ::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0;
    if (at_once) return done();
    if (errno == EINPROGRESS || errno == EINTR) return connected(socket, deadline);
    return Error{ErrorCode::retry_later, "no connection", {errno, std::generic_category()}};
}

Status connect_any(const Addresses& addresses, const Deadline& deadline) {
    Status last = Error{ErrorCode::retry_later, "no address"};
    for (const auto* at = addresses.get(); at != nullptr && !last; at = at->ai_next)
        last = connect_one(*at, deadline);
    return last;
}

}  // namespace

Status look_at_tcp(const std::string& text, const Deadline& deadline, Processes& processes) {
    UPDATE_TRY(target, parse_tcp_target(text), "look");
    const auto what = "tcp " + text;
    if (const auto given = numeric(target.host, target.port)) {
        UPDATE_CHECK(connect_any(given, deadline), what);
        return done();
    }
    UPDATE_TRY(hosts, resolve(target.host, deadline, processes), what);
    Status last = Error{ErrorCode::retry_later, "no address"};
    for (const auto& host : hosts) {
        last = connect_any(numeric(host, target.port), deadline);
        if (last) return done();
    }
    return std::move(last).error().in(what);
}

}  // namespace update
