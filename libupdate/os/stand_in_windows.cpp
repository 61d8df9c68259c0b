#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/stand_in.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
#include "service/scm_command_line.hpp"
// Not before windows.h.
#include <tlhelp32.h>

namespace update {
namespace {

struct Started {
    Handle process, thread, job;
};

Result<Handle> job_that_ends_with_us() {
    Handle job{::CreateJobObjectW(nullptr, nullptr)};
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK;
    if (!job ||
        !::SetInformationJobObject(job.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits))
        return last_error("create job");
    return job;
}

Result<Started> start_suspended(const Path& program, const Path& name,
                                const std::vector<std::string>& arguments) {
    const auto what = "go on as " + program.string();
    std::vector<std::string> list{name.string()};
    list.insert(list.end(), arguments.begin(), arguments.end());
    UPDATE_TRY(line, to_wide(windows_command_line(list)), what);
    UPDATE_TRY(job, job_that_ends_with_us(), what);
    STARTUPINFOW start{};
    start.cb = sizeof start;
    PROCESS_INFORMATION made{};
    if (!::CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE, CREATE_SUSPENDED, nullptr,
                          nullptr, &start, &made))
        return last_error(what);
    Started started{Handle{made.hProcess}, Handle{made.hThread}, std::move(job)};
    if (!::AssignProcessToJobObject(started.job.get(), started.process.get())) {
        auto error = last_error(what);
        ::TerminateProcess(started.process.get(), 1);
        return error;
    }
    return started;
}

void stop_other_threads() {
    const Handle snapshot{::CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0)};
    THREADENTRY32 entry{};
    entry.dwSize = sizeof entry;
    for (BOOL more = ::Thread32First(snapshot.get(), &entry); more;
         more = ::Thread32Next(snapshot.get(), &entry)) {
        if (entry.th32OwnerProcessID != ::GetCurrentProcessId() ||
            entry.th32ThreadID == ::GetCurrentThreadId())
            continue;
        const Handle thread{::OpenThread(THREAD_SUSPEND_RESUME, FALSE, entry.th32ThreadID)};
        if (thread) ::SuspendThread(thread.get());
    }
}

/// From here on nothing may be called that needs more than this thread and these handles: others were stopped
/// wherever they were, the heap may be locked for ever.
[[noreturn]] void let_go_and_wait(HANDLE process, HANDLE thread, HANDLE job) {
    const HANDLE streams[] = {::GetStdHandle(STD_INPUT_HANDLE), ::GetStdHandle(STD_OUTPUT_HANDLE),
                              ::GetStdHandle(STD_ERROR_HANDLE)};
    constexpr std::uintptr_t step = 4, handles_end = 0x8000;  // numbers of handles are multiples of four
    for (std::uintptr_t number = step; number < handles_end; number += step) {
        const auto handle = reinterpret_cast<HANDLE>(number);
        bool kept = handle == process || handle == thread || handle == job;
        for (const HANDLE stream : streams) kept |= handle == stream;
        DWORD flags = 0;
        if (!kept && ::GetHandleInformation(handle, &flags)) ::CloseHandle(handle);
    }
    ::ResumeThread(thread);
    ::WaitForSingleObject(process, INFINITE);
    DWORD code = 1;
    ::GetExitCodeProcess(process, &code);
    ::TerminateProcess(::GetCurrentProcess(), code);
    for (;;) ::Sleep(INFINITE);
}

}  // namespace

Error stand_in_for(const Path& program, const Path& name, const std::vector<std::string>& arguments) {
    auto started = start_suspended(program, name, arguments);
    if (!started) return std::move(started).error();
    stop_other_threads();
    let_go_and_wait(started->process.get(), started->thread.get(), started->job.get());
}

}  // namespace update
