// Private to os/, Windows: what the system will rename or delete when it starts next.
#pragma once
#include <string>
#include <vector>

#include <update/result.hpp>

namespace update {

/// The texts of PendingFileRenameOperations: pairs of a file and its new name (empty: it is deleted; "!": it
/// replaces what has that name, otherwise it keeps its own where the name is taken).
using PendingRenames = std::vector<std::wstring>;

/// Does an entry name this file, in either role? What puts it back after it stepped aside does not count.
/// Pure.
bool names_file(const PendingRenames&, const std::wstring& full);
/// `aside` gets the name `full` again, unless something has it by then. One such entry a file. Pure.
PendingRenames with_restore(PendingRenames, const std::wstring& aside, const std::wstring& full);
PendingRenames without_restore(PendingRenames, const std::wstring& full);

/// @return `refused` when an entry of the system names this file: what we put there would be undone by the
/// next restart.
///         Entries for other files are nobody's business here.
Status refuse_pending_rename(const std::wstring& full);

/// Durable when this returns. The system does it before it starts any service.
/// @return `permission` for whoever is no administrator
Status restore_at_boot(const std::wstring& aside, const std::wstring& full);
/// Absent is success. An entry that stays after all does nothing while the name is taken or nothing lies
/// aside.
Status forget_restore_at_boot(const std::wstring& full);

}  // namespace update
