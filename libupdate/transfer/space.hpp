// Is there room for the whole update, asked before its first byte?
#pragma once
#include <update/plan.hpp>

#include "layout/layout.hpp"
#include "ports/files.hpp"

namespace update {

/// Sums up per volume what the update still needs, and compares with what is free.
///
/// Counted: the bytes of each artifact that are not in its partial file yet, on the volume of the state
/// directory; the staged copy, on the volume of the file to replace, unless that is the same one (staging is
/// a rename then); the old file once more where it exists but cannot be looked at, so that nobody knows
/// whether its backup can be a hard link; 1 MiB per volume for journal, history and directory blocks. Not
/// counted: the backup of a readable file, which is a hard link beside it, and what the removal of the old
/// files will free, since it comes after the acknowledgement. Where a file system turns out to have no hard
/// links, the step that backs up finds `no_space` itself, before anything was touched.
/// @return `no_space` with need and have of the first volume that is too full, its path in the message; else
/// the errors
///         of the disk ports. Changes nothing.
Status check_space(const Plan&, const Layout&, Volumes&, Files&);

}  // namespace update
