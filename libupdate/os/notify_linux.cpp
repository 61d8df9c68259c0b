#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/fd.hpp"
#include "os/notify.hpp"

namespace update {
namespace {

std::optional<std::int64_t> number_in(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
    if (error != std::errc{} || *end != 0) return std::nullopt;
    return number;
}

}  // namespace

void tell_service_manager(Life life) {
    static constexpr std::array<std::string_view, 3> words{"READY=1", "WATCHDOG=1", "STOPPING=1"};
    const char* name = std::getenv("NOTIFY_SOCKET");
    if (name == nullptr) return;
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(name);
    if (length < 2 || length >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@')) return;
    std::memcpy(address.sun_path, name, length);
    if (name[0] == '@') address.sun_path[0] = 0;  // a name that is no file
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return;
    const auto word = words.at(static_cast<std::size_t>(life));
    (void)::sendto(socket.get(), word.data(), word.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const ::sockaddr*>(&address),
                   static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + length));
}

std::optional<std::chrono::milliseconds> life_period() {
    const auto period_us = number_in("WATCHDOG_USEC");
    if (!period_us || *period_us <= 0) return std::nullopt;
    if (const auto pid = number_in("WATCHDOG_PID"); pid && *pid != ::getpid()) return std::nullopt;
    return std::chrono::milliseconds{*period_us / 2000};
}

}  // namespace update
