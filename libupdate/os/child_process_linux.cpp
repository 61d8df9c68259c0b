#include <cerrno>
#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child_process.hpp"
#include "os/exec.hpp"
#include "os/os_error.hpp"
#include "os/process_handle.hpp"

namespace update {

struct ChildProcess::System {
    ProcessId id;
    Fd handle;
};

namespace {

std::optional<ExitStatus> ask_exit(const Fd& process, int options) {
    siginfo_t info{};
    int result = 0;
    do
        result = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process.get()), &info,
                          WEXITED | WNOHANG | options);
    while (result != 0 && errno == EINTR);
    if (result != 0 || info.si_pid == 0) return std::nullopt;
    return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

/// A group's number is not given away while a member lives, or while its leader is not reaped. Between the
/// end of an adopted leader and this call the number could only come back after a whole round of all numbers.
void kill_group(std::int64_t leader) { ::kill(static_cast<pid_t>(-leader), SIGKILL); }

Status send(const Fd& process, int signal) {
    auto sent = send_signal(process, signal);
    return !sent && sent.error().code() == ErrorCode::not_found ? done() : sent;
}

}  // namespace

ChildProcess::ChildProcess(std::unique_ptr<System> system) : system_{std::move(system)} {}
ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;
ChildProcess& ChildProcess::operator=(ChildProcess&&) noexcept = default;
ChildProcess::~ChildProcess() = default;

Result<ChildProcess> ChildProcess::adopt(const RunRecord& record) {
    UPDATE_TRY(handle, open_process(record.process), "follow process");
    return ChildProcess{std::make_unique<System>(System{record.process, std::move(handle)})};
}

const ProcessId& ChildProcess::id() const { return system_->id; }
int ChildProcess::waitable() const { return system_->handle.get(); }
bool ChildProcess::has_ended() const { return update::has_ended(system_->handle); }
std::optional<ExitStatus> ChildProcess::exit() const { return ask_exit(system_->handle, WNOWAIT); }

Status ChildProcess::ask_to_end() { return send(system_->handle, SIGTERM); }

Status ChildProcess::kill() {
    kill_group(system_->id.pid);
    return send(system_->handle, SIGKILL);  // it may have left its group; the handle still means it
}

std::optional<ExitStatus> ChildProcess::collect() {
    kill_group(system_->id.pid);
    return ask_exit(system_->handle, 0);
}

Result<bool> is_there(const Path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT) return false;
    return os_error(errno, "look at " + path.string());
}

Status check_executable(const Path& image) {
    if (::access(image.c_str(), X_OK) == 0) return done();
    return os_error(errno, image.string() + " cannot be executed");
}

}  // namespace update
