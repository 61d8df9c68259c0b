#include <fmt/format.h>

#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/process_handle.hpp"
#include "os/windows.hpp"

namespace update {

Result<Handle> open_process(const ProcessId& id) {
    UPDATE_TRY(process, open_process_number(id.pid, PROCESS_TERMINATE | PROCESS_DUP_HANDLE), "open process");
    UPDATE_TRY(named, identify(process.get()), "open process");
    if (named != id) return Error{ErrorCode::not_found, fmt::format("process {} has ended", id.pid)};
    return std::move(process);
}

void use_debug_privilege() {
    HANDLE raw = nullptr;
    if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &raw) == 0) return;
    const Handle token{raw};
    TOKEN_PRIVILEGES wanted{1, {}};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (::LookupPrivilegeValueW(nullptr, L"SeDebugPrivilege", &wanted.Privileges[0].Luid) != 0)
        ::AdjustTokenPrivileges(token.get(), FALSE, &wanted, 0, nullptr, nullptr);
}

bool has_ended(const Handle& process) { return ::WaitForSingleObject(process.get(), 0) == WAIT_OBJECT_0; }

ExitStatus exit_status(unsigned long code) {
    if (code == killed_code) return {true, 9};
    constexpr unsigned long error_of_the_system = 0xC0000000;
    return {(code & error_of_the_system) == error_of_the_system, static_cast<int>(code)};
}

Result<ExitStatus> exit_of(void* process) {
    DWORD code = 0;
    if (::GetExitCodeProcess(process, &code) == 0) return last_error("ask how a process ended");
    return exit_status(code);
}

Result<std::string> read_boot_id() { return std::string{"any"}; }

}  // namespace update
