// Private to os/, Windows: one file in another's place.
#pragma once
#include "os/place.hpp"

namespace update {

/// Renames, durably (write-through), and replaces a file in the way.
///
/// The image of a running program can neither be deleted nor replaced, but it can be renamed. So where
/// replacing is denied, the file in the way steps aside to `<name>.old`, ours takes its name, and when that
/// fails the other is put back. For that moment the name is empty: a crash there leaves the file under
/// `.old`, and the same call repeated completes the work. Windows is asked before that moment to put `.old`
/// back should it start and find the name empty, so that a service without anybody who looks after it starts
/// after a power cut, too. What steps aside is removed once nobody runs it: by sweep_asides (os/asides.hpp),
/// or by the next call for the same name.
/// @return `refused` for links, for folders in the way, and when Windows has a pending rename of this very
/// file, which would undo ours with the next restart; `retry_later` when a program keeps the file from being
/// renamed
Status replace(const Place& from, const Path& shown_from, const Place& to, const Path& shown_to);

/// Removes what stepped aside for `to`, where nobody runs it any more. @return is nothing left?
bool sweep_aside(const Place& to);

/// Deletes by the handle, which needs DELETE. POSIX semantics where the system has them: the name is free at
/// once.
Status delete_by_handle(const Handle&, const Path& shown);

}  // namespace update
