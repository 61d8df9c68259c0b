#include "support/open_watch.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <unistd.h>
#include <utility>

namespace update::test {

std::string OpenWatch::why_not() {
    const int fd = ::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fmt::format("fanotify needs CAP_SYS_ADMIN and its kernel option: {}", std::strerror(errno));
    const int marked = ::fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "/tmp");
    const std::string why = marked == 0 ? "" : fmt::format("no permission events: {}", std::strerror(errno));
    ::close(fd);
    return why;
}

OpenWatch::OpenWatch(std::uint64_t events, Look look)
    : kind_{events},
      look_{std::move(look)},
      events_{::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC)} {
    REQUIRE(events_ >= 0);
    REQUIRE(::pipe2(stop_, O_CLOEXEC) == 0);
    thread_ = std::thread{[this] { watch(); }};
}

OpenWatch::~OpenWatch() {
    stop();
    ::close(events_);
    ::close(stop_[0]);
}

void OpenWatch::stop() {
    if (!thread_.joinable()) return;
    ::close(stop_[1]);
    thread_.join();
}

void OpenWatch::add(const std::filesystem::path& folder) {
    REQUIRE(::fanotify_mark(events_, FAN_MARK_ADD, kind_ | FAN_EVENT_ON_CHILD, AT_FDCWD, folder.c_str()) ==
            0);
}

void OpenWatch::allow(int file) const {
    const ::fanotify_response go_on{file, FAN_ALLOW};
    (void)!::write(events_, &go_on, sizeof go_on);
    ::close(file);
}

void OpenWatch::watch() const {
    for (;;) {
        ::pollfd ready[] = {{events_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0) continue;
        if (ready[1].revents != 0) return;
        alignas(::fanotify_event_metadata) std::array<char, 8192> buffer;
        const ssize_t length = ::read(events_, buffer.data(), buffer.size());
        auto left = static_cast<unsigned>(length > 0 ? length : 0);
        for (auto* event = reinterpret_cast<::fanotify_event_metadata*>(buffer.data());
             FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left))
            if (event->fd >= 0 && look_(event->pid, event->fd)) allow(event->fd);
    }
}

}  // namespace update::test
