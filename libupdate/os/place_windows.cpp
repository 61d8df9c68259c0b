#include <vector>

#include "os/file_user.hpp"
#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/security.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

bool same_name(std::wstring_view a, std::wstring_view b) {
    return ::CompareStringOrdinal(a.data(), static_cast<int>(a.size()), b.data(), static_cast<int>(b.size()),
                                  TRUE) == CSTR_EQUAL;
}

std::wstring without_last_slash(std::wstring text) {
    while (!text.empty() && text.back() == L'\\') text.pop_back();
    return text;
}

Result<std::wstring> final_path(const Handle& handle, const Path& shown) {
    std::wstring path(512, L'\0');
    for (;;) {
        const DWORD size =
            ::GetFinalPathNameByHandleW(handle.get(), path.data(), static_cast<DWORD>(path.size()),
                                        FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
        if (size == 0) return last_error("find out where " + quoted(shown) + " really lies");
        const bool fits = size < path.size();
        path.resize(size);
        if (fits) return path;
    }
}

Result<DWORD> attributes_of(const Handle& handle, const Path& shown) {
    FILE_ATTRIBUTE_TAG_INFO tag{};
    if (!::GetFileInformationByHandleEx(handle.get(), FileAttributeTagInfo, &tag, sizeof tag))
        return last_error("look at " + quoted(shown));
    return tag.FileAttributes;
}

/// The folder is a real one, and lies where its name says.
Status check_folder(const Handle& folder, const std::wstring& wanted, const Path& shown) {
    UPDATE_TRY(attributes, attributes_of(folder, shown), "folder");
    if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
        return Error{ErrorCode::refused, quoted(shown) + " is a link or junction"};
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
        return Error{ErrorCode::refused, quoted(shown) + " is no folder"};
    UPDATE_TRY(real, final_path(folder, shown), "folder");
    if (same_name(without_last_slash(real), without_last_slash(wanted))) return done();
    return Error{ErrorCode::refused, quoted(shown) + " leads over a link, a junction or a short name to '" +
                                         to_utf8(real) + "'; use that name"};
}

/// With the right to list, so that Windows weighs our refusal to share deletion; no more is needed.
constexpr DWORD hold = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE;

Result<Handle> create(const std::wstring& name, const OpenRequest& request) {
    SECURITY_ATTRIBUTES attributes{sizeof attributes, request.descriptor, FALSE};
    Handle handle{::CreateFileW(name.c_str(), request.access, request.share,
                                request.descriptor == nullptr ? nullptr : &attributes, request.disposition,
                                request.flags | FILE_FLAG_OPEN_REPARSE_POINT, nullptr)};
    if (!handle) return last_error("open");
    return handle;
}

bool held_by_others(const Error& error) {
    const auto value = error.os().value();
    return value == ERROR_SHARING_VIOLATION || value == ERROR_LOCK_VIOLATION ||
           value == ERROR_USER_MAPPED_FILE;
}

}  // namespace

std::string quoted(const Path& path) { return "'" + path.string() + "'"; }

Result<std::wstring> literal_path(const Path& path) {
    if (!path.is_absolute()) return Error{ErrorCode::refused, "path " + quoted(path) + " is not absolute"};
    std::wstring root = path.root_name().wstring();
    for (auto& c : root)
        if (c == L'/') c = L'\\';
    const bool network = root.starts_with(L"\\\\");
    if (root.starts_with(L"\\\\?") || root.starts_with(L"\\\\."))
        return Error{ErrorCode::refused, "path " + quoted(path) + " names a device; use a drive letter"};
    std::wstring full = network ? L"\\\\?\\UNC" + root.substr(1) : L"\\\\?\\" + root;
    bool any = false;
    for (const auto& part : path.relative_path()) {
        const auto& name = part.native();
        if (name == L"..") return Error{ErrorCode::refused, "path " + quoted(path) + " contains '..'"};
        if (name.empty() || name == L".") continue;
        if (name.find(L':') != std::wstring::npos)
            return Error{ErrorCode::refused, "path " + quoted(path) + " names an alternate stream"};
        full += L"\\" + name;
        any = true;
    }
    return any ? full : full + L"\\";
}

Result<Place> find_place(const Path& path) {
    UPDATE_TRY(full, literal_path(path), "find file");
    if (full.back() == L'\\') return Place{{}, full};
    std::wstring above = full.substr(0, full.rfind(L'\\'));
    if (above.back() == L':') above += L'\\';
    const Path shown = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
    UPDATE_TRY(folder,
               open_at({{}, above},
                       {hold, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
                        nullptr},
                       shown),
               "find " + quoted(path));
    UPDATE_CHECK(check_folder(folder, above, shown), "find " + quoted(path));
    return Place{std::move(folder), std::move(full)};
}

Result<Handle> open_at(const Place& place, const OpenRequest& request, const Path& shown) {
    constexpr DWORD first_pause_ms = 5, longest_pause_ms = 100;
    const auto until = ::GetTickCount64() + static_cast<ULONGLONG>(sharing_patience.count());
    DWORD pause_ms = first_pause_ms;
    for (;;) {
        auto handle = create(place.full, request);
        if (handle) return handle;
        if (!held_by_others(handle.error())) return std::move(handle).error().in(quoted(shown));
        if (::GetTickCount64() >= until)
            return name_the_user(std::move(handle).error().in(quoted(shown)), place.full);
        ::Sleep(pause_ms);
        pause_ms = pause_ms * 2 < longest_pause_ms ? pause_ms * 2 : longest_pause_ms;
    }
}

Result<Handle> open_for_look(const Place& place, const Path& shown) {
    return open_at(
        place,
        {FILE_READ_ATTRIBUTES | READ_CONTROL, share_all, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr},
        shown);
}

Result<Handle> open_folder(const Place& place, const Path& shown) {
    UPDATE_TRY(folder,
               open_at(place,
                       {hold, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
                        nullptr},
                       shown),
               "open folder");
    UPDATE_CHECK(check_folder(folder, place.full, shown), "open folder");
    return std::move(folder);
}

}  // namespace update
