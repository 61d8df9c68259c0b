#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <sys/stat.h>

#include "os/directory.hpp"
#include "os/locks.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

FileId id_of(const struct ::stat& status) { return {status.st_dev, status.st_ino}; }

/// What this process holds. One for the whole process, as record locks are: two Locks objects share them.
class Held {
 public:
    static Held& instance() {
        static Held held;
        return held;
    }
    std::mutex mutex;

    bool contains(const FileId& id) {
        forget_parents();
        return std::find(ids_.begin(), ids_.end(), id) != ids_.end();
    }
    void add(const FileId& id) { ids_.push_back(id); }
    void remove(const FileId& id) { std::erase(ids_, id); }

 private:
    /// After a fork the list is the parent's, and so are the locks.
    void forget_parents() {
        if (pid_ == ::getpid()) return;
        pid_ = ::getpid();
        ids_.clear();
    }
    ::pid_t pid_ = ::getpid();
    std::vector<FileId> ids_;
};

class LinuxLock final : public Lock {
 public:
    LinuxLock(Fd fd, FileId id) : fd_{std::move(fd)}, id_{id} {}
    LinuxLock(const LinuxLock&) = delete;
    LinuxLock& operator=(const LinuxLock&) = delete;
    ~LinuxLock() override {
        const std::lock_guard guard{Held::instance().mutex};
        fd_.reset();
        if (::getpid() == holder_) Held::instance().remove(id_);
    }

 private:
    Fd fd_;
    FileId id_;
    ::pid_t holder_ = ::getpid();
};

Error held_by(std::optional<std::int64_t> pid, const Path& file) {
    Evidence evidence;
    evidence.locking_pid = pid;
    const auto who = pid ? fmt::format("process {}", *pid) : std::string{"another process"};
    return Error{ErrorCode::retry_later, fmt::format("'{}' is locked by {}", file.string(), who)}.with(
        evidence);
}

struct ::flock whole_file() {
    struct ::flock request {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    return request;  // start 0, length 0: all of it, however long
}

/// Who is in the way; nothing when it has gone since, or lives where its number means nothing here (0:
/// another pid namespace).
std::optional<std::int64_t> holder(const Fd& fd) {
    auto request = whole_file();
    if (::fcntl(fd.get(), F_GETLK, &request) != 0 || request.l_type == F_UNLCK || request.l_pid <= 0)
        return {};
    return request.l_pid;
}

class LinuxLocks final : public Locks {
 public:
    Result<std::unique_ptr<Lock>> try_lock(const Path& file) override {
        const std::lock_guard guard{Held::instance().mutex};
        UPDATE_TRY(place, find_place(file, FolderWalk::best), "lock");
        // Look before opening: opening and closing a file that we hold already would release it.
        auto present = look_at(place, file);
        if (present && Held::instance().contains(id_of(*present))) return held_by(::getpid(), file);
        UPDATE_TRY(fd, open_regular(place, O_RDWR | O_CREAT, file), "lock");
        auto request = whole_file();
        if (::fcntl(fd.get(), F_SETLK, &request) != 0) {
            if (errno == EACCES || errno == EAGAIN) return held_by(holder(fd), file);
            return os_error(errno, "lock '" + file.string() + "'");
        }
        return confirm(std::move(fd), place, file);
    }

 private:
    /// A lock on a file that meanwhile lost its name protects nothing.
    static Result<std::unique_ptr<Lock>> confirm(Fd fd, const Place& place, const Path& file) {
        struct ::stat locked {};
        if (::fstat(fd.get(), &locked) != 0) return os_error(errno, "lock '" + file.string() + "'");
        UPDATE_TRY(named, look_at(place, file), "lock");
        if (id_of(named) != id_of(locked)) return held_by({}, file);
        Held::instance().add(id_of(locked));
        return std::unique_ptr<Lock>{std::make_unique<LinuxLock>(std::move(fd), id_of(locked))};
    }
};

}  // namespace

std::unique_ptr<Locks> make_locks() { return std::make_unique<LinuxLocks>(); }

}  // namespace update
