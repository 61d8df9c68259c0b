#include <fmt/format.h>
#include <limits>

#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"
#include "os/windows.hpp"

namespace update {

Result<Handle> open_process_number(std::int64_t pid, unsigned long access) {
    const std::string what = fmt::format("process {}", pid);
    if (pid <= 0 || pid > std::numeric_limits<DWORD>::max())
        return Error{ErrorCode::not_found, what + " cannot exist"};
    Handle process{::OpenProcess(access | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE,
                                 static_cast<DWORD>(pid))};
    const auto error = static_cast<int>(::GetLastError());
    if (!process && error == ERROR_INVALID_PARAMETER) return Error{ErrorCode::not_found, what + " has ended"};
    if (!process) return os_error(error, "open " + what);
    // The system ignores the two lowest bits of a number that is asked for.
    if (::GetProcessId(process.get()) != static_cast<DWORD>(pid))
        return Error{ErrorCode::not_found, what + " has ended"};
    return process;
}

/// In 100 ns since 1601: a time of the calendar, so no two processes of one machine share number and start.
Result<ProcessId> identify(void* process) {
    FILETIME created{}, ended{}, kernel{}, user{};
    if (::GetProcessTimes(process, &created, &ended, &kernel, &user) == 0)
        return last_error("ask for a process's start");
    return ProcessId{::GetProcessId(process),
                     std::uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime};
}

Result<ProcessId> identify(std::int64_t pid) {
    UPDATE_TRY(process, open_process_number(pid, 0), "identify");
    return identify(process.get());
}

bool is_alive(const ProcessId& id) {
    auto process = open_process_number(id.pid, 0);
    if (!process) return process.error().code() != ErrorCode::not_found;
    const auto named = identify(process->get());
    return named && *named == id && !has_ended(*process);
}

}  // namespace update
