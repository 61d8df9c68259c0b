#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/process_names.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <tlhelp32.h>

namespace update {
namespace {

/// Windows compares names without regard to case, and people leave ".exe" out.
bool is_same_name(const std::wstring& wanted, const std::wstring& found) {
    const auto equal = [&](const std::wstring& name) {
        return ::CompareStringOrdinal(name.c_str(), -1, found.c_str(), -1, TRUE) == CSTR_EQUAL;
    };
    return equal(wanted) || equal(wanted + L".exe");
}

}  // namespace

Result<bool> process_named(const std::string& name) {
    UPDATE_TRY(wanted, to_wide(name), "name of a process");
    const Handle list{::CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)};
    if (!list) return last_error("list the processes");
    PROCESSENTRY32W process{};
    process.dwSize = sizeof process;
    for (BOOL more = ::Process32FirstW(list.get(), &process); more != 0;
         more = ::Process32NextW(list.get(), &process))
        if (is_same_name(wanted, process.szExeFile)) return true;
    if (::GetLastError() != ERROR_NO_MORE_FILES) return last_error("list the processes");
    return false;
}

}  // namespace update
