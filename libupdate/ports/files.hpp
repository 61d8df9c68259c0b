// The seam to the disk. Everything that must survive a power cut is visible here: a write is lost until
// `flush`, a rename, link or removal until `flush_directory`. The simulator implements the same contract and
// loses what it may.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <update/result.hpp>

namespace update {

using Path = std::filesystem::path;

/// Identity of a file, whatever its names. Equal ids at the same time mean the same file.
struct FileId {
    std::uint64_t volume = 0, file = 0;
    bool operator==(const FileId&) const = default;
};
/// The same file as before a restart of the machine, which numbers its volumes anew (st_dev of Linux; Wine);
/// only for files that cannot have come from another volume, as those of a set, which are renamed into place.
inline bool is_same_after_restart(const FileId& now, const FileId& before) { return now.file == before.file; }

struct FileInfo {
    enum class Kind : std::uint8_t { file, directory, link, other } kind = Kind::file;
    std::uint64_t size_bytes = 0;
    std::uint32_t mode = 0;   ///< permission bits
    std::uint64_t owner = 0;  ///< uid
    std::uint64_t link_count = 1;
    FileId id;
    std::int64_t changed_ns = 0;  ///< inode change time; cannot be set back by an unprivileged writer
};

/// An open regular file. One thread at a time; closes on destruction (closing does not flush).
class File {
 public:
    virtual ~File() = default;
    /// @return bytes read, 0 at the end of the file.
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) = 0;
    /// Writes all bytes. @return `no_space` with evidence when the volume is full; the file may then hold a
    /// part.
    virtual Status write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
    virtual Status truncate(std::uint64_t size_bytes) = 0;
    /// Content and metadata are durable when this returns.
    virtual Status flush() = 0;
    virtual Result<FileInfo> info() const = 0;
    /// Owner, group, mode, ACL, labels and capabilities become those of `from`, and are read back and
    /// compared.
    virtual Status copy_properties(const File& from) = 0;
    /// Permission bits of a file that replaces nothing.
    virtual Status set_mode(std::uint32_t mode) = 0;
};

enum class OpenMode : std::uint8_t {
    read,
    create_new,      ///< must not exist; mode 0600
    read_write,      ///< must exist
    read_write_new,  ///< created with 0600 when absent
};

/// Names on disk. No operation follows a symbolic link in any component: a link where a file or directory is
/// expected is `refused`. Absent names are `not_found`; a locked file is `retry_later` (evidence: locking pid
/// where known).
class Files {
 public:
    virtual ~Files() = default;
    virtual Result<std::unique_ptr<File>> open(const Path&, OpenMode) = 0;
    /// Replaces `to` atomically when it exists. `unsupported` across volumes.
    virtual Status rename(const Path& from, const Path& to) = 0;
    /// A second name for the same file. `unsupported` across volumes or where the file system has no hard
    /// links.
    virtual Status link(const Path& existing, const Path& name) = 0;
    /// A file, a link itself, or an empty directory. Absent is success. `retry_later` also while a program
    /// runs from the file, on Windows; it can be renamed then.
    virtual Status remove(const Path&) = 0;
    /// Creates one directory with mode 0700 and our owner. An existing one must be a real directory, ours and
    /// closed to others, else `refused` (a foreign pre-created directory, security rule R1).
    virtual Status make_private_directory(const Path&) = 0;
    virtual Status flush_directory(const Path&) = 0;
    /// Names (not paths) in the directory, sorted.
    virtual Result<std::vector<std::string>> list(const Path&) = 0;
    virtual Result<FileInfo> info(const Path&) = 0;
};

/// How much room there is where.
struct Space {
    std::uint64_t volume = 0;  ///< equal for paths on the same volume
    std::uint64_t free_bytes = 0;
};
class Volumes {
 public:
    virtual ~Volumes() = default;
    /// `path` or its nearest existing parent.
    virtual Result<Space> space(const Path& path) = 0;
};

/// Held by the operating system: gone with its process, however that dies. Never a file's mere existence.
class Lock {
 public:
    virtual ~Lock() = default;
};
class Locks {
 public:
    virtual ~Locks() = default;
    /// @return `retry_later` when another process holds it (evidence: its pid where the system tells).
    virtual Result<std::unique_ptr<Lock>> try_lock(const Path& file) = 0;
};

}  // namespace update
