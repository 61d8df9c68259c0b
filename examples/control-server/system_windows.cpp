#include <filesystem>
#include <fstream>
#include <windows.h>

#include "system.hpp"

namespace control {
namespace {

using update::Error;
using update::ErrorCode;

HANDLE handle(std::intptr_t native) { return reinterpret_cast<HANDLE>(native); }

std::filesystem::path from_utf8(const std::string& text) { return {std::u8string{text.begin(), text.end()}}; }

std::uint64_t whole(DWORD high, DWORD low) { return std::uint64_t{high} << 32 | low; }

}  // namespace

// The rights of new files are those of their folder, and there is no signal for a peer that hangs up.
void prepare_process() {}

update::Result<OpenFile> OpenFile::open(const std::string& folder, const std::vector<std::string>& names) {
    const Error absent{ErrorCode::not_found, "no such file"};
    std::filesystem::path path = from_utf8(folder);
    for (std::size_t n = 0; n < names.size(); ++n) {
        path /= from_utf8(names[n]);
        const DWORD kind = ::GetFileAttributesW(path.c_str());
        const bool is_folder = (kind & FILE_ATTRIBUTE_DIRECTORY) != 0, is_last = n + 1 == names.size();
        if (kind == INVALID_FILE_ATTRIBUTES || (kind & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ||
            is_folder == is_last)
            return absent;
    }
    OpenFile file{reinterpret_cast<std::intptr_t>(
        ::CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      nullptr, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr))};
    BY_HANDLE_FILE_INFORMATION info{};
    // CON, NUL and their like are no files of a disk.
    if (file.native_ == -1 || ::GetFileType(handle(file.native_)) != FILE_TYPE_DISK ||
        ::GetFileInformationByHandle(handle(file.native_), &info) == 0 ||
        (info.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) != 0)
        return absent;
    const FILETIME& changed = info.ftLastWriteTime;
    file.info_ = {whole(info.nFileSizeHigh, info.nFileSizeLow),
                  whole(info.nFileIndexHigh, info.nFileIndexLow),
                  static_cast<std::int64_t>(whole(changed.dwHighDateTime, changed.dwLowDateTime)) * 100};
    return file;
}

OpenFile::~OpenFile() {
    if (native_ != -1) ::CloseHandle(handle(native_));
}

std::size_t OpenFile::read(std::uint64_t at, void* to, std::size_t count) const {
    OVERLAPPED place{};
    place.Offset = static_cast<DWORD>(at);
    place.OffsetHigh = static_cast<DWORD>(at >> 32);
    DWORD got = 0;
    const auto want = static_cast<DWORD>(std::min<std::size_t>(count, 1 << 30));
    return ::ReadFile(handle(native_), to, want, &got, &place) != 0 ? got : 0;
}

update::Status write_file(const std::string& path, Readers, const std::string& text) {
    const auto temporary = from_utf8(path + ".new");
    std::ofstream file{temporary, std::ios::binary | std::ios::trunc};
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    std::error_code failed;
    if (file) std::filesystem::rename(temporary, from_utf8(path), failed);
    if (!file || failed) return Error{ErrorCode::permission, path + ": cannot be written"};
    return update::done();
}

}  // namespace control
