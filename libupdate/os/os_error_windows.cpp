#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

// [MS-ERREF] 2.2; not in every SDK.
constexpr int disk_quota_exceeded = 1295, stopped_on_symlink = 681;

class WindowsCategory final : public std::error_category {
 public:
    const char* name() const noexcept override { return "windows"; }
    std::string message(int value) const override {
        wchar_t* text = nullptr;
        constexpr DWORD flags =
            FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
        const DWORD size = ::FormatMessageW(flags, nullptr, static_cast<DWORD>(value), 0,
                                            reinterpret_cast<wchar_t*>(&text), 0, nullptr);
        const LocalMemory owner{text};
        if (size == 0) return "unknown error";
        std::string message = to_utf8({text, size});
        while (!message.empty() && (message.back() == '\n' || message.back() == '\r' ||
                                    message.back() == ' ' || message.back() == '.')) {
            message.pop_back();
        }
        return message;
    }
};

const std::error_category& windows_category() {
    static const WindowsCategory category;
    return category;
}

}  // namespace

ErrorCode code_of(int value) {
    switch (value) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
        case ERROR_INVALID_DRIVE:
        case ERROR_BAD_NETPATH:
        case ERROR_NO_MORE_FILES:
        case ERROR_SERVICE_DOES_NOT_EXIST:
        case ERROR_NOT_FOUND:
            return ErrorCode::not_found;
        case ERROR_DISK_FULL:
        case ERROR_HANDLE_DISK_FULL:
        case disk_quota_exceeded:
        case ERROR_NOT_ENOUGH_QUOTA:
            return ErrorCode::no_space;
        case ERROR_ACCESS_DENIED:
        case ERROR_PRIVILEGE_NOT_HELD:
        case ERROR_WRITE_PROTECT:
        case ERROR_INVALID_OWNER:
        case ERROR_LOGON_FAILURE:
            return ErrorCode::permission;
        case ERROR_ALREADY_EXISTS:
        case ERROR_FILE_EXISTS:
        case ERROR_DIR_NOT_EMPTY:
        case ERROR_DIRECTORY:
        case ERROR_INVALID_NAME:
        case ERROR_BAD_PATHNAME:
        case ERROR_FILENAME_EXCED_RANGE:
        case ERROR_INVALID_PARAMETER:
        case stopped_on_symlink:
        case ERROR_CANT_ACCESS_FILE:
        case ERROR_TOO_MANY_LINKS:
        case ERROR_SERVICE_EXISTS:
        case ERROR_SERVICE_DISABLED:
        case ERROR_SERVICE_MARKED_FOR_DELETE:
            return ErrorCode::refused;
        case ERROR_NOT_SAME_DEVICE:
        case ERROR_NOT_SUPPORTED:
        case ERROR_INVALID_FUNCTION:
        case ERROR_CALL_NOT_IMPLEMENTED:
        case ERROR_BAD_EXE_FORMAT:
        case ERROR_EXE_MACHINE_TYPE_MISMATCH:
        case ERROR_FILE_TOO_LARGE:
            return ErrorCode::unsupported;
        case ERROR_TIMEOUT:
        case ERROR_SEM_TIMEOUT:
        case WAIT_TIMEOUT:
        case ERROR_SERVICE_REQUEST_TIMEOUT:
            return ErrorCode::timed_out;
        case ERROR_INVALID_HANDLE:
            return ErrorCode::bug;
        default:
            return ErrorCode::retry_later;
    }
}

Error os_error(int value, std::string what) {
    return Error{code_of(value), std::move(what), {value, windows_category()}};
}

Error last_error(std::string what) { return os_error(static_cast<int>(::GetLastError()), std::move(what)); }

}  // namespace update
