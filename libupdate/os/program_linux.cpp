#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/exec.hpp"
#include "os/os_error.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"
#include "os/program.hpp"

namespace update {

Result<bool> runs_image(const Path& installed) {
    struct ::stat own {
    }, there{};
    if (::stat("/proc/self/exe", &own) != 0) return os_error(errno, "look at the own program");
    if (::stat(installed.c_str(), &there) != 0)
        return os_error(errno, fmt::format("look at {}", installed.string()));
    return own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

Error become(const Path& program, const Path& name, const std::vector<std::string>& arguments) {
    std::vector<std::string> list{name.string()};
    list.insert(list.end(), arguments.begin(), arguments.end());
    const CStrings argv{list};
    ::sigset_t none, before;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, &before);  // a blocked signal stays blocked over exec
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execv(program.c_str(), argv.get());
    const int reason = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return exec_error(reason, program);
}

Result<ProcessId> find_process(std::int64_t pid) { return identify(pid); }

Result<Path> program_of(const ProcessId& process) {
    const std::string what = fmt::format("program of process {}", process.pid);
    std::error_code problem;
    const Path path = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", process.pid), problem);
    if (problem == std::errc::permission_denied) return Error{ErrorCode::permission, what, problem};
    // Asked afterwards: the link may have been that of a later process.
    if (problem || !is_alive(process)) return Error{ErrorCode::not_found, what + ": it has ended"};
    return path;
}

Status kill_process(const ProcessId& process) {
    const auto handle = open_process(process);
    if (!handle) return handle.error().code() == ErrorCode::not_found ? done() : Status{handle.error()};
    if (auto sent = send_signal(*handle, SIGKILL); !sent && sent.error().code() != ErrorCode::not_found)
        return sent;
    ::pollfd ended{handle->get(), POLLIN, 0};
    constexpr int patience_ms = 5000;
    if (::poll(&ended, 1, patience_ms) == 1) return done();
    return Error{ErrorCode::timed_out, fmt::format("process {} does not end", process.pid)};
}

}  // namespace update
