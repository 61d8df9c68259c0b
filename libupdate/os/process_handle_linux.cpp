#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/exec.hpp"
#include "os/os_error.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"

namespace update {

Result<Fd> open_process(const ProcessId& id) {
    const std::string what = fmt::format("process {}", id.pid);
    UPDATE_TRY(handle, open_pidfd(id.pid), what);
    // Only now is the number pinned: whatever it names at this moment is what the handle names.
    UPDATE_TRY(named, identify(id.pid), what);
    if (named != id) return Error{ErrorCode::not_found, what + " has ended"};
    return std::move(handle);
}

bool has_ended(const Fd& process) {
    pollfd poll{process.get(), POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
}

Status send_signal(const Fd& process, int signal) {
    if (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) != 0)
        return os_error(errno, fmt::format("send signal {}", signal));
    return done();
}

Result<std::string> read_boot_id() {
    const Fd file{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
    std::array<char, 64> text;
    const ssize_t count = file ? ::read(file.get(), text.data(), text.size()) : -1;
    if (count <= 0) return os_error(errno, "read boot id");
    return std::string(text.data(), std::find(text.data(), text.data() + count, '\n'));
}

}  // namespace update
