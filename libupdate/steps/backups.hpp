#pragma once
#include "steps/manifest.hpp"
#include "steps/step.hpp"

namespace update {

/// The file that was there before, or the backup that has taken its place already.
bool is_old(const FileInfo&, const Backup&);

/// What was written down of them, in the plan's order.
Result<std::vector<Backup>> backups_of(Job&);

/// @return `not_found` when it is gone, `corrupt` when it is not the file that was kept
Result<std::unique_ptr<File>> open_backup(Job&, std::size_t n, const Backup&);

/// The old set can be put back: every backup that was made lies there. Digests nothing.
Status check_backups(Job&);

}  // namespace update
