// Private to os/, Windows: a name, held by the open folder that it lies in. While that handle is open,
// Windows lets nobody rename or remove the folder or one above it, and where it really lies was read from the
// handle: no junction and no symbolic link in any component can send an operation elsewhere (security rules
// R2, R3).
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "os/files.hpp"
#include "os/handle.hpp"

namespace update {

struct Place {
    Handle folder;      ///< empty for the root of a volume
    std::wstring full;  ///< `\\?\C:\folder\leaf`: without the limit of 260 characters, and taken literally
};

/// @return `refused` for a relative path, "..", an alternate stream, a link or junction in any component;
/// `not_found`.
Result<Place> find_place(const Path&);

/// `\\?\` form of an absolute path. Pure.
Result<std::wstring> literal_path(const Path&);

/// How CreateFile is called; FILE_FLAG_OPEN_REPARSE_POINT is always added.
struct OpenRequest {
    std::uint32_t access = 0, share = 0, disposition = 0, flags = 0;
    void* descriptor = nullptr;  ///< for what is created
};

/// Sharing violations come from virus scanners and backups, which let go soon: they are retried for this
/// long.
inline constexpr std::chrono::milliseconds sharing_patience{2'000};

/// @return `retry_later` with the number (and in the text the name) of the process that holds it, where
/// Windows tells
Result<Handle> open_at(const Place&, const OpenRequest&, const Path& for_message);
/// Opens an existing file or folder for reading its attributes, whatever others do with it.
Result<Handle> open_for_look(const Place&, const Path& for_message);
/// Opens the leaf as a folder. `refused` when it is none.
Result<Handle> open_folder(const Place&, const Path& for_message);

/// `handle` needs FILE_READ_ATTRIBUTES, and READ_CONTROL for owner and mode.
Result<FileInfo> info_of(const Handle&, const Path& for_message);

std::string quoted(const Path&);

}  // namespace update
