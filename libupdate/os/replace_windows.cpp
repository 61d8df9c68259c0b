#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <vector>

#include "os/os_error.hpp"
#include "os/pending_renames.hpp"
#include "os/replace.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// How many images of one program may run at once from where they stepped aside to.
constexpr int asides_max = 16;

// [MS-FSCC] 2.4.42, 2.4.11; numbers of FILE_INFO_BY_HANDLE_CLASS in Windows 10 1709, not in every SDK.
constexpr auto rename_info_ex = static_cast<FILE_INFO_BY_HANDLE_CLASS>(22);
constexpr auto disposition_info_ex = static_cast<FILE_INFO_BY_HANDLE_CLASS>(21);
constexpr DWORD rename_replace = 0x1, rename_posix = 0x2, rename_ignore_readonly = 0x40;
constexpr DWORD dispose_delete = 0x1, dispose_posix = 0x2, dispose_ignore_readonly = 0x10;

/// The file system or the system is older than the extended form of a call.
bool not_known(DWORD error) {
    return error == ERROR_INVALID_PARAMETER || error == ERROR_NOT_SUPPORTED ||
           error == ERROR_INVALID_FUNCTION || error == ERROR_INVALID_LEVEL ||
           error == ERROR_CALL_NOT_IMPLEMENTED;
}

struct RenameInfo {
    std::vector<std::byte> bytes;
    RenameInfo(DWORD flags, const std::wstring& name) {
        const std::size_t text = name.size() * sizeof(wchar_t);
        bytes.resize(sizeof(FILE_RENAME_INFO) + text + sizeof(wchar_t));
        auto* info = reinterpret_cast<FILE_RENAME_INFO*>(bytes.data());
        std::memcpy(bytes.data(), &flags, sizeof flags);  // overlays ReplaceIfExists, which is its lowest bit
        info->FileNameLength = static_cast<DWORD>(text);
        std::memcpy(bytes.data() + offsetof(FILE_RENAME_INFO, FileName), name.data(), text);
    }
    bool apply(const Handle& handle, FILE_INFO_BY_HANDLE_CLASS kind) {
        return ::SetFileInformationByHandle(handle.get(), kind, bytes.data(),
                                            static_cast<DWORD>(bytes.size())) != 0;
    }
};

enum class IfExists : std::uint8_t { fail, replace };

Status rename_by_handle(const Handle& handle, const std::wstring& name, IfExists if_exists) {
    const bool replacing = if_exists == IfExists::replace;
    if (replacing) {
        if (RenameInfo{rename_replace | rename_posix | rename_ignore_readonly, name}.apply(handle,
                                                                                           rename_info_ex))
            return done();
        if (!not_known(::GetLastError())) return last_error("rename");
    }
    if (RenameInfo{replacing ? rename_replace : 0, name}.apply(handle, FileRenameInfo)) return done();
    return last_error("rename");
}

Result<Handle> open_to_rename(const Place& place, const Path& shown) {
    return open_at(place,
                   {DELETE | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE, share_all, OPEN_EXISTING,
                    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_WRITE_THROUGH, nullptr},
                   shown);
}

std::wstring aside_name(const std::wstring& name, int n) {
    return n == 0 ? name + L".old" : name + L".old" + std::to_wstring(n);
}

/// Best effort: Windows refuses while a program runs from it.
bool remove_aside(const std::wstring& name) {
    const Place place{{}, name};
    const Handle handle{::CreateFileW(name.c_str(), DELETE | FILE_READ_ATTRIBUTES | READ_CONTROL, share_all,
                                      nullptr, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr)};
    if (!handle) return ::GetLastError() == ERROR_FILE_NOT_FOUND;
    const auto info = info_of(handle, Path{name});
    if (!info || info->kind != FileInfo::Kind::file) return false;
    return delete_by_handle(handle, Path{name}).has_value();
}

bool asks_for_the_dance(const Error& error) {
    const auto value = error.os().value();
    return value == ERROR_ACCESS_DENIED || value == ERROR_SHARING_VIOLATION ||
           value == ERROR_USER_MAPPED_FILE;
}

Status step_aside(const Handle& in_the_way, const std::wstring& name, std::wstring& aside) {
    Status moved = Error{ErrorCode::refused, "too many older files are still in use"};
    for (int n = 0; n < asides_max; ++n) {
        aside = aside_name(name, n);
        if (!remove_aside(aside)) continue;
        // Asked for first, so that no power cut leaves nothing by this name. Best effort: who is no
        // administrator may not, and is not who has to be there when the machine starts.
        (void)restore_at_boot(aside, name);
        moved = rename_by_handle(in_the_way, aside, IfExists::fail);
        if (moved || moved.error().os().value() != ERROR_ALREADY_EXISTS) return moved;
    }
    return moved;
}

Status dance(const Handle& source, const Place& to, const Path& shown_to) {
    UPDATE_TRY(in_the_way, open_to_rename(to, shown_to), "move the old file aside");
    std::wstring aside;
    auto moved = step_aside(in_the_way, to.full, aside);
    Status placed = moved ? rename_by_handle(source, to.full, IfExists::fail) : done();
    if (!placed) {
        const auto undone = rename_by_handle(in_the_way, to.full, IfExists::fail);
        if (!undone)
            return std::move(placed).error().in(
                fmt::format("{} is now '{}' until Windows starts next, and putting it back failed too ({})",
                            quoted(shown_to), to_utf8(aside), undone.error().message()));
    }
    (void)forget_restore_at_boot(to.full);
    if (!moved) return std::move(moved).error().in("move " + quoted(shown_to) + " aside");
    if (!placed) return placed;
    in_the_way.reset();
    (void)remove_aside(aside);
    return done();
}

Status check_target(const Place& to, const Path& shown, bool& exists) {
    const auto handle = open_for_look(to, shown);
    exists = handle.has_value();
    if (!handle) return handle.error().code() == ErrorCode::not_found ? done() : Status{handle.error()};
    UPDATE_TRY(info, info_of(*handle, shown), "look");
    if (info.kind == FileInfo::Kind::link)
        return Error{ErrorCode::refused, quoted(shown) + " is a symbolic link"};
    return refuse_pending_rename(to.full);
}

}  // namespace

Status delete_by_handle(const Handle& handle, const Path& shown) {
    DWORD flags = dispose_delete | dispose_posix | dispose_ignore_readonly;
    bool deleted = ::SetFileInformationByHandle(handle.get(), disposition_info_ex, &flags, sizeof flags) != 0;
    if (!deleted && not_known(::GetLastError())) {
        FILE_DISPOSITION_INFO disposition{TRUE};
        deleted = ::SetFileInformationByHandle(handle.get(), FileDispositionInfo, &disposition,
                                               sizeof disposition) != 0;
    }
    if (deleted) return done();
    // The right to delete was granted when the file was opened: what denies it now is that a program runs
    // from it.
    if (::GetLastError() == ERROR_ACCESS_DENIED)
        return Error{ErrorCode::retry_later,
                     "remove " + quoted(shown) + ": a program runs from it, or it is read-only",
                     last_error("").os()};
    return last_error("remove " + quoted(shown));
}

bool sweep_aside(const Place& to) {
    bool swept = true;
    // A backup that a helper runs from takes the first of these names, and what runs from there steps aside
    // again.
    for (const std::wstring& name : {to.full, aside_name(to.full, 0)})
        for (int n = 0; n < asides_max; ++n)
            if (::GetFileAttributesW(aside_name(name, n).c_str()) != INVALID_FILE_ATTRIBUTES)
                swept &= remove_aside(aside_name(name, n));
    return swept;
}

Status replace(const Place& from, const Path& shown_from, const Place& to, const Path& shown_to) {
    UPDATE_TRY(source, open_to_rename(from, shown_from), "source");
    UPDATE_TRY(info, info_of(source, shown_from), "source");
    if (info.kind == FileInfo::Kind::link)
        return Error{ErrorCode::refused, quoted(shown_from) + " is a symbolic link"};
    bool exists = false;
    UPDATE_CHECK(check_target(to, shown_to, exists), "target");
    (void)sweep_aside(to);
    auto renamed = rename_by_handle(source, to.full, IfExists::replace);
    if (renamed || !exists || info.kind != FileInfo::Kind::file || !asks_for_the_dance(renamed.error()))
        return renamed;
    return dance(source, to, shown_to);
}

}  // namespace update
