// The few compound file operations that must survive a power cut, written once over the Files port.
#pragma once
#include <string>
#include <string_view>

#include <update/plan.hpp>

#include "ports/files.hpp"
#include "ports/hashing.hpp"

namespace update {

/// The whole file as text. @return `corrupt` when it is larger than `max_bytes`, `not_found`.
Result<std::string> read_text(Files&, const Path&, std::size_t max_bytes);

/// Old or new content, never a mixture: temporary name, flush, rename, flush of the directory.
Status write_durably(Files&, const Path&, std::string_view text);

/// Where `write_durably` puts the text first; a process that dies leaves it there.
Path temporary_of(const Path&);

/// The same for what can be fetched again: a link, a pipe or an empty folder in the file's place is removed
/// first, never followed. With `write_durably` such a thing would be in the way for ever.
Status replace_durably(Files&, const Path&, std::string_view text);

/// The same without any flush, for what is checked whenever it is read: a process that dies leaves the old
/// content or the new one, and a power cut may leave neither.
Status replace_in_cache(Files&, const Path&, std::string_view text);

/// Durable copy with the source's owner, mode and labels; `to` must not exist.
/// @return the digest of what was copied
Result<Sha256> copy_durably(Files&, Hashing&, const Path& from, const Path& to);

/// Digest of the bytes behind this handle, read once from its beginning.
Result<Sha256> hash(File&, Hashing&);

/// Removes a directory with all that is below it. Links are removed, never followed. Absent is success.
/// Idempotent.
Status remove_tree(Files&, const Path&);

/// `not_found` as a plain answer; other errors stay errors.
Result<bool> exists(Files&, const Path&);

}  // namespace update
