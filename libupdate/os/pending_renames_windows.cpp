#include <algorithm>

#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/pending_renames.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr auto list_name = L"PendingFileRenameOperations";

/// "!\??\C:\x" and "\\?\C:\x" both are "C:\x".
std::wstring_view bare(std::wstring_view name) {
    if (name.starts_with(L"!")) name.remove_prefix(1);
    for (const std::wstring_view prefix : {L"\\??\\", L"\\\\?\\"})
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    return name;
}
/// As the list wants it.
std::wstring native(const std::wstring& full) { return L"\\??\\" + std::wstring{bare(full)}; }

bool equal(std::wstring_view a, std::wstring_view b) {
    return ::CompareStringOrdinal(a.data(), static_cast<int>(a.size()), b.data(), static_cast<int>(b.size()),
                                  TRUE) == CSTR_EQUAL;
}

/// "agent.exe.old" or "agent.exe.old3" back to "agent.exe" (os/replace.hpp), where nothing has that name.
bool is_restore(const std::wstring& from, const std::wstring& to, const std::wstring& full) {
    const std::wstring aside = std::wstring{bare(full)} + L".old";
    return equal(bare(to), bare(full)) && !to.starts_with(L"!") &&
           equal(bare(from).substr(0, aside.size()), aside);
}

Result<KeyHandle> open_list(REGSAM access) {
    HKEY raw = nullptr;
    const auto result =
        ::RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Session Manager", 0,
                        access | KEY_WOW64_64KEY, &raw);
    if (result != ERROR_SUCCESS)
        return os_error(static_cast<int>(result), "open the list of pending renames");
    return KeyHandle{raw};
}

/// Empty texts stand between others here, unlike in an ordinary list: "delete" is an empty new name.
PendingRenames texts_of(const std::wstring& data) {
    PendingRenames texts;
    std::size_t begin = 0;
    for (std::size_t end = data.find(L'\0'); end != std::wstring::npos; end = data.find(L'\0', begin)) {
        texts.push_back(data.substr(begin, end - begin));
        begin = end + 1;
    }
    if (texts.size() % 2 != 0) texts.pop_back();  // the end of the list
    return texts;
}

Result<PendingRenames> read_list(const KeyHandle& key) {
    DWORD type = 0, size = 0;
    // The list may grow between the question for its size and the reading.
    for (int tries = 0; tries < 4; ++tries) {
        auto result = ::RegQueryValueExW(key.as<HKEY>(), list_name, nullptr, &type, nullptr, &size);
        if (result == ERROR_FILE_NOT_FOUND) return PendingRenames{};
        std::wstring data(size / sizeof(wchar_t) + 1, L'\0');
        DWORD room = static_cast<DWORD>(data.size() * sizeof(wchar_t));
        result = ::RegQueryValueExW(key.as<HKEY>(), list_name, nullptr, &type,
                                    reinterpret_cast<BYTE*>(data.data()), &room);
        if (result == ERROR_MORE_DATA) continue;
        if (result != ERROR_SUCCESS || type != REG_MULTI_SZ) break;
        data.resize(room / sizeof(wchar_t));
        return texts_of(data);
    }
    return Error{ErrorCode::corrupt, "the list of pending renames cannot be read"};
}

/// Windows gives no lock for it: whoever else writes it in the same moment is overwritten, by its own calls,
/// too.
Status write_list(const KeyHandle& key, const PendingRenames& texts) {
    std::wstring data;
    for (const std::wstring& text : texts) data += text + L'\0';
    data += L'\0';
    const auto result = texts.empty() ? ::RegDeleteValueW(key.as<HKEY>(), list_name)
                                      : ::RegSetValueExW(key.as<HKEY>(), list_name, 0, REG_MULTI_SZ,
                                                         reinterpret_cast<const BYTE*>(data.data()),
                                                         static_cast<DWORD>(data.size() * sizeof(wchar_t)));
    if (result != ERROR_SUCCESS)
        return os_error(static_cast<int>(result), "change the list of pending renames");
    return done();
}

}  // namespace

bool names_file(const PendingRenames& texts, const std::wstring& full) {
    for (std::size_t n = 0; n + 1 < texts.size(); n += 2) {
        if (is_restore(texts[n], texts[n + 1], full)) continue;
        if (equal(bare(texts[n]), bare(full)) || equal(bare(texts[n + 1]), bare(full))) return true;
    }
    return false;
}

PendingRenames without_restore(PendingRenames texts, const std::wstring& full) {
    PendingRenames kept;
    for (std::size_t n = 0; n + 1 < texts.size(); n += 2)
        if (!is_restore(texts[n], texts[n + 1], full)) kept.insert(kept.end(), {texts[n], texts[n + 1]});
    return kept;
}

PendingRenames with_restore(PendingRenames texts, const std::wstring& aside, const std::wstring& full) {
    auto all = without_restore(std::move(texts), full);
    all.insert(all.end(), {native(aside), native(full)});
    return all;
}

Status refuse_pending_rename(const std::wstring& full) {
    const auto key = open_list(KEY_QUERY_VALUE);
    const auto texts = key ? read_list(*key) : Result<PendingRenames>{key.error()};
    if (!texts || !names_file(*texts, full)) return done();
    return Error{ErrorCode::refused,
                 "Windows will rename or delete '" + to_utf8(bare(full)) +
                     "' when it starts next (PendingFileRenameOperations); restart it first"};
}

Status restore_at_boot(const std::wstring& aside, const std::wstring& full) {
    UPDATE_TRY(key, open_list(KEY_QUERY_VALUE | KEY_SET_VALUE), "restore at boot");
    UPDATE_TRY(texts, read_list(key), "restore at boot");
    UPDATE_CHECK(write_list(key, with_restore(std::move(texts), aside, full)), "restore at boot");
    const auto result = ::RegFlushKey(key.as<HKEY>());
    if (result != ERROR_SUCCESS)
        return os_error(static_cast<int>(result), "flush the list of pending renames");
    return done();
}

Status forget_restore_at_boot(const std::wstring& full) {
    UPDATE_TRY(key, open_list(KEY_QUERY_VALUE | KEY_SET_VALUE), "restore at boot");
    UPDATE_TRY(texts, read_list(key), "restore at boot");
    const auto count = texts.size();
    auto kept = without_restore(std::move(texts), full);
    if (kept.size() == count) return done();
    return write_list(key, kept);
}

}  // namespace update
