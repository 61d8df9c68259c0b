// Private to os/: which reaction an error number of the system asks for.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

/// Takes an errno on Linux, what GetLastError (or a function that returns such a number) gave on Windows.
///
/// | code          | Linux                                                   | Windows |
/// |---------------|---------------------------------------------------------|---------|
/// | `not_found`   | ENOENT, ESRCH                                           | FILE_NOT_FOUND,
/// PATH_NOT_FOUND, SERVICE_DOES_NOT_EXIST | | `no_space`    | ENOSPC, EDQUOT | DISK_FULL, HANDLE_DISK_FULL,
/// quotas | | `permission`  | EACCES, EPERM, EROFS                                    | ACCESS_DENIED,
/// PRIVILEGE_NOT_HELD, WRITE_PROTECT | | `refused`     | ELOOP, EMLINK, ENOTDIR, EISDIR, EEXIST, ENOTEMPTY,
/// ...  | ALREADY_EXISTS, DIR_NOT_EMPTY, INVALID_NAME, ... | | `unsupported` | EXDEV, ENOSYS, EOPNOTSUPP |
/// NOT_SAME_DEVICE, NOT_SUPPORTED, INVALID_FUNCTION | | `timed_out`   | | TIMEOUT, SEM_TIMEOUT,
/// SERVICE_REQUEST_TIMEOUT | | `bug`         | EBADF, EFAULT                                           |
/// INVALID_HANDLE | | `retry_later` | the rest (ETXTBSY, EBUSY, EIO, EMFILE, ENOMEM, ...)     | the rest
/// (SHARING_VIOLATION, LOCK_VIOLATION, ...) |
ErrorCode code_of(int system_value);
/// `what` says what was attempted on what: "open /srv/agent".
Error os_error(int system_value, std::string what);
/// The same with the number that the thread's last failed call left behind. Windows only.
Error last_error(std::string what);

}  // namespace update
