// What the applying side must know of the files, written durably before it relies on it.
#pragma once
#include <optional>
#include <vector>

#include "durable/durable.hpp"
#include "ports/files.hpp"

namespace update {

/// What stood at an artifact's install path before the update.
struct Backup {
    bool existed = false;
    FileId id{};        ///< of the backup
    FileId original{};  ///< of the file that stood there; the same when the backup is a hard link
    std::uint64_t size_bytes = 0;
    std::optional<Sha256> sha256{};  ///< set when it had to be copied; a link needs none, it is the same file
    bool operator==(const Backup&) const = default;
};

/// Proof that the staged file was hashed through an open handle and equals the plan, and the file's identity
/// at that moment. Writing to it or renaming another file over it changes `changed_ns` or `id`, which unseals
/// it.
struct Seal {
    FileId id;
    std::uint64_t size_bytes = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Seal&) const = default;
};

Status write_backups(Files&, const Path&, const std::vector<Backup>&);
Result<std::vector<Backup>> read_backups(Files&, const Path&, std::size_t count);
Status write_seals(Files&, const Path&, const std::vector<Seal>&);
Result<std::vector<Seal>> read_seals(Files&, const Path&, std::size_t count);

}  // namespace update
