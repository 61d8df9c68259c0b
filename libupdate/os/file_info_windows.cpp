#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

std::uint64_t join(DWORD high, DWORD low) { return std::uint64_t{high} << 32 | low; }

/// Symbolic links, junctions and mount points lead elsewhere. What else has a reparse point (files in a
/// cloud, sockets) is nothing that could be installed or replaced.
FileInfo::Kind kind_of(const FILE_ATTRIBUTE_TAG_INFO& tag) {
    if ((tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
        return IsReparseTagNameSurrogate(tag.ReparseTag) ? FileInfo::Kind::link : FileInfo::Kind::other;
    if ((tag.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) return FileInfo::Kind::directory;
    if ((tag.FileAttributes & FILE_ATTRIBUTE_DEVICE) != 0) return FileInfo::Kind::other;
    return FileInfo::Kind::file;
}

/// What the access list says, in the words of permission bits: 7 for us; for group and others alike, whether
/// any stranger may read (5) or change (2).
std::uint32_t mode_of(const Protection& protection) {
    std::uint32_t mode = 0700;
    if (protection.others_read) mode |= 055;
    if (protection.others_write) mode |= 022;
    return mode;
}

/// From 1601 in 100 ns to 1970 in 1 ns. (Counted from 1601, nanoseconds do not fit.)
std::int64_t unix_ns(LARGE_INTEGER windows_time) {
    constexpr std::int64_t between = 116'444'736'000'000'000;
    return (windows_time.QuadPart - between) * 100;
}

}  // namespace

Result<FileInfo> info_of(const Handle& handle, const Path& shown) {
    BY_HANDLE_FILE_INFORMATION data{};
    FILE_BASIC_INFO times{};
    FILE_ATTRIBUTE_TAG_INFO tag{};
    if (!::GetFileInformationByHandle(handle.get(), &data) ||
        !::GetFileInformationByHandleEx(handle.get(), FileBasicInfo, &times, sizeof times) ||
        !::GetFileInformationByHandleEx(handle.get(), FileAttributeTagInfo, &tag, sizeof tag))
        return last_error("look at " + quoted(shown));
    UPDATE_TRY(protection, protection_of(handle), "look at " + quoted(shown));
    FileInfo info;
    info.kind = kind_of(tag);
    info.size_bytes = info.kind == FileInfo::Kind::file ? join(data.nFileSizeHigh, data.nFileSizeLow) : 0;
    info.mode = mode_of(protection);
    info.owner = account_number(protection.owner);
    info.link_count = data.nNumberOfLinks;
    info.id = {data.dwVolumeSerialNumber, join(data.nFileIndexHigh, data.nFileIndexLow)};
    info.changed_ns = unix_ns(times.ChangeTime);
    return info;
}

}  // namespace update
