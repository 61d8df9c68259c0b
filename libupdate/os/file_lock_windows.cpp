#include "os/event_loop.hpp"
#include "os/file_lock.hpp"
#include "os/os_error.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

// The system cannot wait for a file with a time-out, and a lock is contended only while two supervisors start
// the same program: looking again every few milliseconds costs nothing then.
constexpr DWORD look_again_ms = 5;

Status check_no_link(void* file, const Path& path) {
    FILE_ATTRIBUTE_TAG_INFO info{};
    if (::GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info) == 0)
        return last_error("look at " + path.string());
    if ((info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0) return done();
    return Error{ErrorCode::refused, path.string() + " is a link"};
}

}  // namespace

/// Held by having it open and sharing it with nobody.
Result<Handle> lock_file(const Path& path, Instant deadline) {
    for (;;) {
        Handle file{::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_ALWAYS,
                                  FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr)};
        if (file) {
            UPDATE_CHECK(check_no_link(file.get(), path), "lock");
            return file;
        }
        if (::GetLastError() != ERROR_SHARING_VIOLATION) return last_error("open " + path.string());
        if (EventLoop::now() >= deadline)
            return Error{ErrorCode::retry_later, path.string() + " is held by another process"};
        ::Sleep(look_again_ms);
    }
}

}  // namespace update
