#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <signal.h>
#include <sstream>

#include "os/fd.hpp"
#include "os/os_error.hpp"
#include "os/process_id.hpp"

namespace update {
namespace {

struct Stat {
    char state = '?';
    std::uint64_t start_ticks = 0;
};

/// proc(5), /proc/PID/stat: "pid (name) state ... starttime ...": fields 3 and 22. The name may contain
/// anything, spaces and parentheses too, so fields are counted from the last ')'.
std::optional<Stat> parse(const std::string& text) {
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields{text.substr(name_end + 1)};
    Stat stat;
    std::string skipped;
    fields >> stat.state;
    for (int field = 4; field < 22; ++field) fields >> skipped;
    fields >> stat.start_ticks;
    if (!fields) return std::nullopt;
    return stat;
}

/// Tells "no such process" from "hidden from us".
Error unreadable(std::int64_t pid) {
    const auto what = fmt::format("process {}", pid);
    if (::kill(static_cast<::pid_t>(pid), 0) == 0 || errno == EPERM) {
        return Error{ErrorCode::permission, what + " cannot be looked at: /proc is absent or hides it"};
    }
    return os_error(ESRCH, what);
}

Result<Stat> read_stat(std::int64_t pid) {
    if (pid <= 0 || pid > std::numeric_limits<::pid_t>::max())
        return os_error(ESRCH, fmt::format("process {}", pid));
    const Fd file{::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text(1024, '\0');  // the first 22 fields need less than half of it
    const auto got = file ? ::read(file.get(), text.data(), text.size()) : -1;
    if (got <= 0) return unreadable(pid);
    text.resize(static_cast<std::size_t>(got));
    const auto stat = parse(text);
    if (!stat)
        return Error{ErrorCode::bug, fmt::format("process {}: /proc/{}/stat is not as documented", pid, pid)};
    return *stat;
}

}  // namespace

Result<ProcessId> identify(std::int64_t pid) {
    UPDATE_TRY(stat, read_stat(pid), "identify");
    return ProcessId{pid, stat.start_ticks};
}

bool is_alive(const ProcessId& process) {
    const auto stat = read_stat(process.pid);
    if (!stat) return stat.error().code() != ErrorCode::not_found;
    const bool ended = stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
    return !ended && stat->start_ticks == process.start_ticks;
}

}  // namespace update
