#include <doctest/doctest.h>

#include "lock_holder.hpp"
#include "support/temp_folder.hpp"
#include "unit/os/windows/processes.hpp"

namespace update::test {

LockHolder::LockHolder(const Path& lock) {
    const TempFolder told;
    const Path answer = told.path() / "answer";
    std::wstring line = L"\"" + windows_test::helper.wstring() + L"\" hold \"" + lock.wstring() + L"\" \"" +
                        answer.wstring() + L"\"";
    STARTUPINFOW start{};
    start.cb = sizeof start;
    PROCESS_INFORMATION made{};
    REQUIRE(::CreateProcessW(windows_test::helper.c_str(), line.data(), nullptr, nullptr, FALSE,
                             DETACHED_PROCESS, nullptr, nullptr, &start, &made));
    ::CloseHandle(made.hThread);
    process_ = reinterpret_cast<std::intptr_t>(made.hProcess);
    REQUIRE(windows_test::told(answer).at(0) == std::to_string(made.dwProcessId));
}

void LockHolder::kill() {
    if (process_ == 0) return;
    const Handle process{reinterpret_cast<void*>(process_)};
    process_ = 0;
    CHECK(::TerminateProcess(process.get(), 1));
    CHECK(::WaitForSingleObject(process.get(), 30'000) == WAIT_OBJECT_0);
}

}  // namespace update::test
