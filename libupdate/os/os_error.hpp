// Private to os/: which reaction an errno asks for.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

/// ENOENT not_found; ENOSPC, EDQUOT no_space; EACCES, EPERM, EROFS permission; ELOOP, EMLINK, ENOTDIR,
/// EISDIR, EEXIST, ENOTEMPTY and other misuse refused; EXDEV, ENOSYS, EOPNOTSUPP unsupported; the rest
/// (ETXTBSY, EBUSY, EIO, EMFILE, ENOMEM, ...) retry_later.
ErrorCode code_of(int errno_value);
/// `what` says what was attempted on what: "open /srv/agent".
Error os_error(int errno_value, std::string what);

}  // namespace update
