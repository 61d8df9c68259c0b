#pragma once
#include <update/result.hpp>

#include "ports/files.hpp"

namespace update {

/// Folders that others may read: a tree for a web server. Everything else that libupdate creates is private.
class PublicFolders {
 public:
    virtual ~PublicFolders() = default;
    /// One directory that everybody may read and only we may write (mode 0755). An existing real directory is
    /// success, as it is; a link in its place is `refused`.
    virtual Status make(const Path&) = 0;
};

}  // namespace update
