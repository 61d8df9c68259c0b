#include <algorithm>

#include "os/handle.hpp"
#include "os/pending_renames.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

/// "!\??\C:\x" and "\\?\C:\x" both are "C:\x".
std::wstring_view bare(std::wstring_view name) {
    if (name.starts_with(L"!")) name.remove_prefix(1);
    for (const std::wstring_view prefix : {L"\\??\\", L"\\\\?\\"})
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    return name;
}

std::vector<std::wstring> pending() {
    HKEY raw = nullptr;
    if (::RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Session Manager", 0,
                        KEY_QUERY_VALUE, &raw) != ERROR_SUCCESS)
        return {};
    const KeyHandle key{raw};
    constexpr auto value = L"PendingFileRenameOperations";
    DWORD type = 0, size = 0;
    std::wstring data;
    // The list may grow between the question for its size and the reading.
    for (int tries = 0; tries < 4; ++tries) {
        if (::RegQueryValueExW(key.as<HKEY>(), value, nullptr, &type, nullptr, &size) != ERROR_SUCCESS)
            return {};
        data.resize(size / sizeof(wchar_t) + 1);
        DWORD room = static_cast<DWORD>(data.size() * sizeof(wchar_t));
        const auto result = ::RegQueryValueExW(key.as<HKEY>(), value, nullptr, &type,
                                               reinterpret_cast<BYTE*>(data.data()), &room);
        if (result == ERROR_MORE_DATA) continue;
        if (result != ERROR_SUCCESS || type != REG_MULTI_SZ) return {};
        data.resize(room / sizeof(wchar_t));
        break;
    }
    // Empty texts stand between others here, unlike in an ordinary list: "delete" is an empty new name.
    std::vector<std::wstring> texts;
    std::size_t begin = 0;
    for (std::size_t end = data.find(L'\0'); end != std::wstring::npos; end = data.find(L'\0', begin)) {
        texts.push_back(data.substr(begin, end - begin));
        begin = end + 1;
    }
    return texts;
}

}  // namespace

bool names_file(const std::vector<std::wstring>& texts, const std::wstring& full) {
    const auto wanted = bare(full);
    return std::any_of(texts.begin(), texts.end(), [&](const std::wstring& text) {
        const auto name = bare(text);
        return ::CompareStringOrdinal(name.data(), static_cast<int>(name.size()), wanted.data(),
                                      static_cast<int>(wanted.size()), TRUE) == CSTR_EQUAL;
    });
}

Status refuse_pending_rename(const std::wstring& full) {
    if (!names_file(pending(), full)) return done();
    return Error{ErrorCode::refused,
                 "Windows will rename or delete '" + to_utf8(bare(full)) +
                     "' when it starts next (PendingFileRenameOperations); restart it first"};
}

}  // namespace update
