#include <algorithm>
#include <array>

#include "os/job.hpp"
#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/spawn.hpp"
#include "os/start_process.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
#include "service/scm_command_line.hpp"

namespace update {
namespace {

/// The list of what is passed on: handles that other threads make inheritable meanwhile stay here.
class Attributes {
 public:
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    explicit Attributes(DWORD count) {
        SIZE_T size = 0;
        ::InitializeProcThreadAttributeList(nullptr, count, 0, &size);
        memory_.resize(size);
        ready_ = ::InitializeProcThreadAttributeList(get(), count, 0, &size) != 0;
    }
    ~Attributes() {
        if (ready_) ::DeleteProcThreadAttributeList(get());
    }
    LPPROC_THREAD_ATTRIBUTE_LIST get() {
        return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
    }
    bool set(DWORD_PTR attribute, void* values, std::size_t size) {
        return ready_ &&
               ::UpdateProcThreadAttribute(get(), 0, attribute, values, size, nullptr, nullptr) != 0;
    }

 private:
    std::vector<std::byte> memory_;
    bool ready_ = false;
};

Result<Handle> inheritable(void* handle, DWORD access_when_nowhere) {
    HANDLE copy = nullptr;
    const HANDLE self = ::GetCurrentProcess();
    if (handle != nullptr && handle != INVALID_HANDLE_VALUE &&
        ::DuplicateHandle(self, handle, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS) != 0)
        return Handle{copy};
    SECURITY_ATTRIBUTES attributes{sizeof attributes, nullptr, TRUE};
    Handle nowhere{::CreateFileW(L"NUL", access_when_nowhere, FILE_SHARE_READ | FILE_SHARE_WRITE, &attributes,
                                 OPEN_EXISTING, 0, nullptr)};
    if (!nowhere) return last_error("open NUL");
    return nowhere;
}

/// Sorted, as the system documents it; each entry ends with a zero, and so does the whole.
Result<std::wstring> environment_block(std::vector<std::string> variables) {
    std::sort(variables.begin(), variables.end());
    std::wstring block;
    for (const auto& variable : variables) {
        UPDATE_TRY(text, to_wide(variable), "environment");
        block += text;
        block += L'\0';
    }
    block += L'\0';
    return block;
}

std::wstring system_folder() {
    std::array<wchar_t, MAX_PATH + 1> path{};
    const UINT size = ::GetSystemDirectoryW(path.data(), path.size());
    return {path.data(), size < path.size() ? size : 0};
}

Error start_error(DWORD error, const ProcessStart& start) {
    const auto what = "start '" + start.command.program.string() + "'";
    auto found = os_error(static_cast<int>(error), what);
    switch (error) {
        case ERROR_ACCESS_DENIED:
            if (start.leaves_job && !may_leave_job())
                return Error{ErrorCode::unsupported,
                             what + ": this process's job does not let programs leave it", found.os()};
            return found;
        case ERROR_BAD_EXE_FORMAT:
        case ERROR_EXE_MACHINE_TYPE_MISMATCH:
        case ERROR_BAD_FORMAT:
        case ERROR_INVALID_EXE_SIGNATURE:
        case ERROR_EXE_MARKED_INVALID:
        case ERROR_FILE_CORRUPT:
        case ERROR_FILE_INVALID:
            return Error{ErrorCode::unsupported, what + ": not a program of this machine", found.os()};
        case ERROR_DIRECTORY:
            return Error{ErrorCode::not_found, what, found.os()};
        default:
            return found;
    }
}

}  // namespace

Result<StartedProcess> start_process(const ProcessStart& start) {
    UPDATE_TRY(line, to_wide(windows_command_line(argument_list(start.command))), "arguments");
    UPDATE_TRY(block, environment_block(start.environment), "start");
    UPDATE_TRY(input, inheritable(nullptr, GENERIC_READ), "standard input");
    UPDATE_TRY(output, inheritable(start.output, GENERIC_WRITE), "standard output");
    UPDATE_TRY(errors, inheritable(start.errors, GENERIC_WRITE), "standard error");
    std::array<HANDLE, 3> passed{input.get(), output.get(), errors.get()};
    HANDLE job = start.job;
    Attributes attributes{2};
    if (!attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, passed.data(), sizeof passed) ||
        (job != nullptr && !attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &job, sizeof job)))
        return last_error("prepare new process");
    STARTUPINFOEXW info{};
    info.StartupInfo.cb = sizeof info;
    info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    info.StartupInfo.hStdInput = input.get();
    info.StartupInfo.hStdOutput = output.get();
    info.StartupInfo.hStdError = errors.get();
    info.lpAttributeList = attributes.get();
    DWORD flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW |
                  CREATE_NEW_PROCESS_GROUP;
    if (start.suspended) flags |= CREATE_SUSPENDED;
    if (start.leaves_job) flags |= CREATE_BREAKAWAY_FROM_JOB;
    PROCESS_INFORMATION made{};
    const auto program = Path{start.command.program}.make_preferred();
    const auto folder = system_folder();
    if (::CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE, flags, block.data(),
                         folder.empty() ? nullptr : folder.c_str(), &info.StartupInfo, &made) == 0)
        return start_error(::GetLastError(), start);
    StartedProcess started{{}, Handle{made.hProcess}, Handle{made.hThread}};
    UPDATE_TRY(id, identify(made.hProcess), "start");
    started.id = id;
    return started;
}

}  // namespace update
