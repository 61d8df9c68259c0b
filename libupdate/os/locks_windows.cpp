#include <algorithm>
#include <fmt/format.h>
#include <mutex>
#include <sstream>

#include "os/file_user.hpp"
#include "os/locks.hpp"
#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/process_id.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

/// One byte far behind any content, since locks of Windows also keep others from reading.
OVERLAPPED locked_byte() {
    OVERLAPPED at{};
    at.OffsetHigh = 0x40000000;
    return at;
}

/// What this process holds, so that a second try can name it.
struct Held {
    std::mutex mutex;
    std::vector<FileId> ids;
    static Held& instance() {
        static Held held;
        return held;
    }
};

class WindowsLock final : public Lock {
 public:
    WindowsLock(Handle file, FileId id) : file_{std::move(file)}, id_{id} {}
    WindowsLock(const WindowsLock&) = delete;
    WindowsLock& operator=(const WindowsLock&) = delete;
    ~WindowsLock() override {
        const std::lock_guard guard{Held::instance().mutex};
        // Closing alone frees it at a moment of the system's choice.
        OVERLAPPED at = locked_byte();
        ::UnlockFileEx(file_.get(), 0, 1, 0, &at);
        file_.reset();
        std::erase(Held::instance().ids, id_);
    }

 private:
    Handle file_;
    FileId id_;
};

Error held_by(std::int64_t pid, const Path& file) {
    Evidence evidence;
    evidence.locking_pid = pid;
    return Error{ErrorCode::retry_later, fmt::format("{} is locked by process {}", quoted(file), pid)}.with(
        evidence);
}

/// Windows does not say whose lock it is, and its Restart Manager names whoever has the file open: so the
/// holder writes its number and start into the file. Best effort, since it is for people and for a purge.
void sign(const Handle& file) {
    const auto self = identify(::GetCurrentProcess());
    if (!self) return;
    const std::string text = fmt::format("{} {}\n", self->pid, self->start_ticks);
    OVERLAPPED at{};
    DWORD written = 0;
    if (::WriteFile(file.get(), text.data(), static_cast<DWORD>(text.size()), &written, &at) != 0)
        ::SetEndOfFile(file.get());
}

/// Nothing where it has not signed yet: what is there then is of one that has ended.
std::optional<std::int64_t> signer(const Handle& file) {
    char text[64] = {};
    OVERLAPPED at{};
    DWORD size = 0;
    if (::ReadFile(file.get(), text, sizeof text - 1, &size, &at) == 0) return {};
    ProcessId holder;
    std::istringstream words{text};
    if (!(words >> holder.pid >> holder.start_ticks) || !is_alive(holder)) return {};
    return holder.pid;
}

class WindowsLocks final : public Locks {
 public:
    Result<std::unique_ptr<Lock>> try_lock(const Path& file) override {
        const std::lock_guard guard{Held::instance().mutex};
        UPDATE_TRY(place, find_place(file), "lock");
        UPDATE_TRY(descriptor, make_descriptor(private_sddl(sddl::Object::file)), "lock");
        // Deletion is not shared: the name belongs to this file as long as it is locked.
        UPDATE_TRY(handle,
                   open_at(place,
                           {GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_ALWAYS,
                            FILE_ATTRIBUTE_NORMAL, descriptor.get()},
                           file),
                   "lock");
        UPDATE_TRY(info, info_of(handle, file), "lock");
        if (info.kind != FileInfo::Kind::file)
            return Error{ErrorCode::refused, "lock: " + quoted(file) + " is not a regular file"};
        auto& ids = Held::instance().ids;
        if (std::find(ids.begin(), ids.end(), info.id) != ids.end())
            return held_by(::GetCurrentProcessId(), file);
        OVERLAPPED at = locked_byte();
        if (!::LockFileEx(handle.get(), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)) {
            if (::GetLastError() != ERROR_LOCK_VIOLATION && ::GetLastError() != ERROR_IO_PENDING)
                return last_error("lock " + quoted(file));
            if (const auto pid = signer(handle)) return held_by(*pid, file);
            handle.reset();
            return name_the_user(
                Error{ErrorCode::retry_later, quoted(file) + " is locked by another process"}, place.full);
        }
        ids.push_back(info.id);
        sign(handle);
        return std::unique_ptr<Lock>{std::make_unique<WindowsLock>(std::move(handle), info.id)};
    }
};

}  // namespace

std::unique_ptr<Locks> make_locks() { return std::make_unique<WindowsLocks>(); }

}  // namespace update
