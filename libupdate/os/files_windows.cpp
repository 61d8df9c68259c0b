#include <algorithm>
#include <fmt/format.h>

#include "os/account.hpp"
#include "os/files.hpp"
#include "os/open_file.hpp"
#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/replace.hpp"
#include "os/security.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

Status check_private(const Handle& folder, const Path& path, const std::string& what) {
    UPDATE_TRY(protection, protection_of(folder), what);
    const auto owner = account_number(protection.owner);
    if (owner != 0 && owner != current_account())
        return Error{
            ErrorCode::refused,
            fmt::format(
                "{}: it belongs to {}, not to {}; remove it, or as an administrator run: icacls \"{}\" "
                "/setowner *S-1-5-32-544",
                what, protection.owner, own_account().sid, path.string())};
    if (protection.others_read || protection.others_write || protection.inherits_to_all)
        return Error{ErrorCode::refused,
                     fmt::format("{}: others may enter it; check what lies in it, then run: icacls \"{}\" "
                                 "/inheritance:r /grant *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F",
                                 what, path.string())};
    return done();
}

Status check_is_folder(const Place& place, const Path& path) {
    const auto folder = open_folder(place, path);
    return folder ? done() : Status{folder.error()};
}

class WindowsFiles final : public Files {
 public:
    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        return open_file(path, mode);
    }

    Status rename(const Path& from, const Path& to) override {
        const auto what = "rename " + quoted(from) + " to " + quoted(to);
        UPDATE_TRY(source, find_place(from), what);
        UPDATE_TRY(target, find_place(to), what);
        UPDATE_CHECK(replace(source, from, target, to), what);
        return done();
    }

    /// While a program runs, none of its file's names can be removed, not even one that it was not started
    /// by: a backup would outlive its update. So a copy is the only way.
    Status link(const Path& existing, const Path&) override {
        return Error{ErrorCode::unsupported, "link " + quoted(existing) + ": not offered on Windows"};
    }

    Status remove(const Path& path) override {
        auto place = find_place(path);
        if (!place && place.error().code() == ErrorCode::not_found) return done();
        if (!place) return std::move(place).error().in("remove file");
        (void)sweep_aside(*place);
        const auto handle = open_at(*place,
                                    {DELETE | FILE_READ_ATTRIBUTES, share_all, OPEN_EXISTING,
                                     FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_WRITE_THROUGH, nullptr},
                                    path);
        if (!handle && handle.error().code() == ErrorCode::not_found) return done();
        if (!handle) return Error{handle.error()}.in("remove file");
        return delete_by_handle(*handle, path);
    }

    Status make_private_directory(const Path& path) override {
        const auto what = "make private folder " + quoted(path);
        UPDATE_TRY(place, find_place(path), what);
        UPDATE_TRY(descriptor, make_descriptor(private_sddl(sddl::Object::folder)), what);
        SECURITY_ATTRIBUTES attributes{sizeof attributes, descriptor.get(), FALSE};
        if (!::CreateDirectoryW(place.full.c_str(), &attributes) && ::GetLastError() != ERROR_ALREADY_EXISTS)
            return last_error(what);
        UPDATE_TRY(folder, open_folder(place, path), what);
        return check_private(folder, path, what);
    }

    /// Renames and removals are written through when they are made; this asks for what else the folder holds.
    Status flush_directory(const Path& path) override {
        UPDATE_TRY(place, find_place(path), "flush folder");
        UPDATE_CHECK(check_is_folder(place, path), "flush folder");
        const auto writable = open_at(place,
                                      {FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | SYNCHRONIZE, share_all,
                                       OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr},
                                      path);
        if (!writable) return Error{writable.error()}.in("flush folder");
        if (::FlushFileBuffers(writable->get())) return done();
        const auto value = ::GetLastError();
        // File systems that know no flush of folders.
        if (value == ERROR_INVALID_FUNCTION || value == ERROR_NOT_SUPPORTED) return done();
        return os_error(static_cast<int>(value), "flush folder " + quoted(path));
    }

    Result<std::vector<std::string>> list(const Path& path) override {
        UPDATE_TRY(place, find_place(path), "list folder");
        const auto held = open_folder(place, path);  // until the end: nobody puts another in its place
        if (!held) return Error{held.error()}.in("list folder");
        const auto pattern = place.full.back() == L'\\' ? place.full + L"*" : place.full + L"\\*";
        WIN32_FIND_DATAW data{};
        const FindHandle find{::FindFirstFileExW(pattern.c_str(), FindExInfoBasic, &data,
                                                 FindExSearchNameMatch, nullptr, FIND_FIRST_EX_LARGE_FETCH)};
        std::vector<std::string> names;
        if (!find && ::GetLastError() == ERROR_FILE_NOT_FOUND) return names;
        if (!find) return last_error("list folder " + quoted(path));
        do {
            const std::string name = to_utf8(data.cFileName);
            if (name != "." && name != "..") names.push_back(name);
        } while (::FindNextFileW(find.get(), &data));
        if (::GetLastError() != ERROR_NO_MORE_FILES) return last_error("list folder " + quoted(path));
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<FileInfo> info(const Path& path) override {
        UPDATE_TRY(place, find_place(path), "look at file");
        UPDATE_TRY(handle, open_for_look(place, path), "look at file");
        return info_of(handle, path);
    }
};

}  // namespace

std::unique_ptr<Files> make_files(FolderWalk) { return std::make_unique<WindowsFiles>(); }

}  // namespace update
