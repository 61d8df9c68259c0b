#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>

#include "os/exec.hpp"
#include "os/os_error.hpp"
#include "os/spawn.hpp"

namespace update {

CStrings::CStrings(std::vector<std::string> strings) : strings_{std::move(strings)} {
    for (auto& string : strings_) pointers_.push_back(string.data());
    pointers_.push_back(nullptr);
}

std::vector<std::string> scrubbed_environment() {
    return {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
}

std::vector<std::string> argument_list(const Command& command) {
    std::vector<std::string> list{command.program.string()};
    list.insert(list.end(), command.arguments.begin(), command.arguments.end());
    return list;
}

Status check_program(const Command& command) {
    if (command.program.is_absolute()) return done();
    return Error{ErrorCode::refused, "start '" + command.program.string() +
                                         "': give the program's absolute path, none is searched for"};
}

Error exec_error(int errno_value, const Path& program) {
    const auto what = "start '" + program.string() + "'";
    const std::error_code os{errno_value, std::generic_category()};
    switch (errno_value) {
        case ENOENT:
            // The file is there: what is absent is the loader or the interpreter that it names.
            if (::access(program.c_str(), F_OK) == 0) {
                return Error{ErrorCode::unsupported, what + ": its loader or interpreter is absent", os};
            }
            return os_error(errno_value, what);
        case ENOTDIR:
            return Error{ErrorCode::not_found, what, os};
        case ENOEXEC:
        case ELIBBAD:
        case EINVAL:
            return Error{ErrorCode::unsupported, what + ": not a program of this machine", os};
        default:
            return os_error(errno_value, what);
    }
}

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os_error(errno, "make pipe");
    Pipe low{Fd{ends[0]}, Fd{ends[1]}};
    Pipe high{Fd{::fcntl(low.read.get(), F_DUPFD_CLOEXEC, 3)},
              Fd{::fcntl(low.write.get(), F_DUPFD_CLOEXEC, 3)}};
    if (!high.read || !high.write) return os_error(errno, "make pipe");
    return high;
}

Result<Fd> open_pidfd(std::int64_t pid) {
    Fd fd{static_cast<int>(::syscall(SYS_pidfd_open, static_cast<::pid_t>(pid), 0))};
    if (!fd) return os_error(errno, fmt::format("watch process {}", pid));
    return fd;
}

}  // namespace update
