#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os_error.hpp"
#include "os/process_facts.hpp"

namespace update {
namespace {

/// Files of /proc are short and are read whole by one call.
Result<std::string> read_short(const std::string& path) {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return os_error(errno, "open " + path);
    std::array<char, 2048> text;
    const ssize_t count = ::read(file.get(), text.data(), text.size());
    if (count < 0) return os_error(errno, "read " + path);
    return std::string(text.data(), static_cast<std::size_t>(count));
}

}  // namespace

std::uint64_t start_ticks_in(const char* stat, std::size_t length, char* state) {
    // "PID (NAME) STATE ...": the name may hold anything, so count from the last ')'. The start is field 22.
    std::size_t at = length;
    while (at > 0 && stat[at - 1] != ')') --at;
    if (at == 0 || at + 1 >= length) return 0;
    if (state != nullptr) *state = stat[at + 1];
    for (int field = 2; field < 22 && at < length; ++at)
        if (stat[at] == ' ') ++field;
    std::uint64_t ticks = 0;
    for (; at < length && stat[at] >= '0' && stat[at] <= '9'; ++at)
        ticks = ticks * 10 + static_cast<std::uint64_t>(stat[at] - '0');
    return ticks;
}

Result<std::optional<ProcessFacts>> process_facts(std::int64_t pid) {
    auto stat = read_short(fmt::format("/proc/{}/stat", pid));
    if (!stat) {
        // ESRCH: it ended between open and read.
        if (stat.error().code() == ErrorCode::not_found) return std::optional<ProcessFacts>{};
        return std::move(stat).error();
    }
    ProcessFacts facts;
    facts.id = {pid, start_ticks_in(stat->data(), stat->size(), &facts.state)};
    if (facts.id.start_ticks == 0)
        return Error{ErrorCode::unsupported, fmt::format("/proc/{}/stat: not understood", pid)};
    return std::optional{facts};
}

// Handles by system call: glibc 2.36 declares its wrappers without C linkage.
Result<Fd> open_process(const ProcessId& id) {
    Fd handle{static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(id.pid), 0))};
    const std::string what = fmt::format("process {}", id.pid);
    if (!handle) return errno == EINVAL ? Error{ErrorCode::not_found, what} : os_error(errno, what);
    // Only now is the number pinned: whatever it names at this moment is what the handle names.
    UPDATE_TRY(facts, process_facts(id.pid), what);
    if (!facts || facts->id != id) return Error{ErrorCode::not_found, what + " has ended"};
    return handle;
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
    UPDATE_TRY(id, read_short("/proc/sys/kernel/random/boot_id"), "boot id");
    while (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
}

}  // namespace update
