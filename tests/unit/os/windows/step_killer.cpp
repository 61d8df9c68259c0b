#include "step_killer.hpp"

namespace windows_test {
namespace {

constexpr unsigned char break_here = 0xCC;
constexpr DWORD trap_flag = 0x100;
constexpr DWORD killed_code = 9;

// The library of the system lies at the same address in every process.
void* address_of_step() {
    return reinterpret_cast<void*>(
        ::GetProcAddress(::GetModuleHandleW(L"kernel32.dll"), "SetFileInformationByHandle"));
}

update::Handle thread_of(const DEBUG_EVENT& event) {
    return update::Handle{::OpenThread(THREAD_GET_CONTEXT | THREAD_SET_CONTEXT | THREAD_SUSPEND_RESUME, FALSE,
                                       event.dwThreadId)};
}

}  // namespace

StepKiller::StepKiller(const std::wstring& command_line) : address_{address_of_step()} {
    std::wstring line = command_line;
    STARTUPINFOW start{};
    start.cb = sizeof start;
    PROCESS_INFORMATION made{};
    REQUIRE(address_ != nullptr);
    REQUIRE(::CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE,
                             DEBUG_ONLY_THIS_PROCESS | DETACHED_PROCESS, nullptr, nullptr, &start, &made));
    process_ = update::Handle{made.hProcess};
    const update::Handle thread{made.hThread};
}

StepKiller::StepKiller(DWORD pid) : address_{address_of_step()} {
    process_ = update::Handle{::OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid)};
    REQUIRE(process_);
    REQUIRE(::DebugActiveProcess(pid));
}

void StepKiller::arm() {
    SIZE_T count = 0;
    if (first_byte_ == 0) REQUIRE(::ReadProcessMemory(process_.get(), address_, &first_byte_, 1, &count));
    REQUIRE(::WriteProcessMemory(process_.get(), address_, &break_here, 1, &count));
    ::FlushInstructionCache(process_.get(), address_, 1);
    armed_ = true;
}

/// The call is made after all: one instruction of it without the break, then the break is back.
void StepKiller::disarm(const DEBUG_EVENT& event) {
    SIZE_T count = 0;
    REQUIRE(::WriteProcessMemory(process_.get(), address_, &first_byte_, 1, &count));
    ::FlushInstructionCache(process_.get(), address_, 1);
    armed_ = false;
    const auto thread = thread_of(event);
    CONTEXT context{};
    context.ContextFlags = CONTEXT_CONTROL;
    REQUIRE(::GetThreadContext(thread.get(), &context));
    context.Rip = reinterpret_cast<DWORD64>(address_);
    context.EFlags |= trap_flag;
    REQUIRE(::SetThreadContext(thread.get(), &context));
}

DWORD StepKiller::answer_to(const DEBUG_EVENT& event) {
    if (event.dwDebugEventCode != EXCEPTION_DEBUG_EVENT) return DBG_CONTINUE;
    const EXCEPTION_RECORD& exception = event.u.Exception.ExceptionRecord;
    const bool here = exception.ExceptionAddress == address_;
    if (exception.ExceptionCode == EXCEPTION_SINGLE_STEP) {
        if (!armed_) arm();
        return DBG_CONTINUE;
    }
    if (exception.ExceptionCode != EXCEPTION_BREAKPOINT) return DBG_EXCEPTION_NOT_HANDLED;
    if (!here) {  // the system's own, once its libraries are there
        if (!armed_) arm();
        return DBG_CONTINUE;
    }
    if (is_time_()) {
        killed_ = true;
        REQUIRE(::TerminateProcess(process_.get(), killed_code));
    } else {
        disarm(event);
    }
    return DBG_CONTINUE;
}

bool StepKiller::kill_before(int nth) {
    return kill_when([nth, calls = 0]() mutable { return ++calls == nth; });
}

bool StepKiller::kill_when(const std::function<bool()>& is_time) {
    is_time_ = is_time;
    for (DEBUG_EVENT event{}; ::WaitForDebugEvent(&event, 30'000);) {
        const DWORD answer = answer_to(event);
        if (event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT)
            ::CloseHandle(event.u.CreateProcessInfo.hFile);
        if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) ::CloseHandle(event.u.LoadDll.hFile);
        const bool ended = event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT;
        if (ended) exit_code = event.u.ExitProcess.dwExitCode;
        ::ContinueDebugEvent(event.dwProcessId, event.dwThreadId, answer);
        if (ended) return ::WaitForSingleObject(process_.get(), 30'000), killed_;
    }
    FAIL("it neither came to that step nor ended");
    return false;
}

}  // namespace windows_test
