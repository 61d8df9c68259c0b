#include <fmt/format.h>

#include "os/file_user.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <restartmanager.h>

namespace update {
namespace {

/// Taken from System32 when it is needed: a DLL that Windows loads at the start could lie beside the program
/// instead.
class RestartManager {
 public:
    RestartManager() : library_{::LoadLibraryExW(L"rstrtmgr.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)} {
        load(start_, "RmStartSession");
        load(register_, "RmRegisterResources");
        load(list_, "RmGetList");
        load(end_, "RmEndSession");
    }
    RestartManager(const RestartManager&) = delete;
    RestartManager& operator=(const RestartManager&) = delete;
    ~RestartManager() {
        if (library_ != nullptr) ::FreeLibrary(library_);
    }

    bool first_user(const std::wstring& file, RM_PROCESS_INFO& found) const {
        if (start_ == nullptr || register_ == nullptr || list_ == nullptr || end_ == nullptr) return false;
        DWORD session = 0;
        wchar_t key[CCH_RM_SESSION_KEY + 1] = {};
        if (start_(&session, 0, key) != ERROR_SUCCESS) return false;
        const wchar_t* name = file.c_str();
        UINT needed = 0, count = 1;
        DWORD reasons = 0;
        const bool asked = register_(session, 1, &name, 0, nullptr, 0, nullptr) == ERROR_SUCCESS;
        const DWORD answer = asked ? list_(session, &needed, &count, &found, &reasons) : ERROR_NOT_FOUND;
        end_(session);
        return (answer == ERROR_SUCCESS || answer == ERROR_MORE_DATA) && count > 0;
    }

 private:
    template <class F>
    void load(F& function, const char* name) {
        if (library_ != nullptr)
            function = reinterpret_cast<F>(reinterpret_cast<void*>(::GetProcAddress(library_, name)));
    }

    HMODULE library_;
    decltype(&::RmStartSession) start_ = nullptr;
    decltype(&::RmRegisterResources) register_ = nullptr;
    decltype(&::RmGetList) list_ = nullptr;
    decltype(&::RmEndSession) end_ = nullptr;
};

/// The Restart Manager does not know the literal form of paths.
std::wstring ordinary(const std::wstring& full) {
    if (full.starts_with(L"\\\\?\\UNC\\")) return L"\\" + full.substr(7);
    return full.starts_with(L"\\\\?\\") ? full.substr(4) : full;
}

}  // namespace

Error name_the_user(Error error, const std::wstring& full) {
    RM_PROCESS_INFO user{};
    if (!RestartManager{}.first_user(ordinary(full), user)) return error;
    Evidence evidence = error.evidence();
    evidence.locking_pid = user.Process.dwProcessId;
    return Error{std::move(error).in(fmt::format("in use by process {} ({})", user.Process.dwProcessId,
                                                 to_utf8(user.strAppName)))}
        .with(evidence);
}

}  // namespace update
