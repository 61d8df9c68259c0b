// Private to os/, Windows: what the system will rename or delete when it starts next.
#pragma once
#include <string>
#include <vector>

#include <update/result.hpp>

namespace update {

/// The texts of PendingFileRenameOperations: pairs of a file and its new name (empty: it is deleted; "!": it
/// replaces).
/// @return the pairs' names, in both roles, that are this file. Pure.
bool names_file(const std::vector<std::wstring>& texts, const std::wstring& full);

/// @return `refused` when an entry of the system names this file: what we put there would be undone by the
/// next restart.
///         Entries for other files are nobody's business here.
Status refuse_pending_rename(const std::wstring& full);

}  // namespace update
