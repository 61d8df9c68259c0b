#include <cerrno>

#include "os/os_error.hpp"

namespace update {

ErrorCode code_of(int errno_value) {
    switch (errno_value) {
        case ENOENT:
        case ESRCH:
            return ErrorCode::not_found;
        case ENOSPC:
        case EDQUOT:
            return ErrorCode::no_space;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::permission;
        case ELOOP:
        case EMLINK:
        case ENOTDIR:
        case EISDIR:
        case EEXIST:
        case ENOTEMPTY:
        case ENAMETOOLONG:
        case EINVAL:
        case ENXIO:
            return ErrorCode::refused;
        case EXDEV:
        case ENOSYS:
        case EOPNOTSUPP:
        case EFBIG:
            return ErrorCode::unsupported;
        case EBADF:
        case EFAULT:
            return ErrorCode::bug;
        default:
            return ErrorCode::retry_later;
    }
}

Error os_error(int errno_value, std::string what) {
    return Error{code_of(errno_value), std::move(what), {errno_value, std::generic_category()}};
}

}  // namespace update
