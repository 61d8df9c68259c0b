#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "os/file.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

static_assert(sizeof(::off_t) == 8, "files beyond 2 GiB need 64-bit offsets (security rule R9)");

/// Write-back starts early in pieces of this size, so that the final fsync finds little left to do. The disk
/// then works while the network is waited for. Small enough for that, large enough to keep writes sequential.
constexpr std::uint64_t write_back_bytes = 8u << 20;

class LinuxFile final : public File {
 public:
    LinuxFile(Fd fd, Path path) : fd_{std::move(fd)}, path_{std::move(path)} {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (!fits(offset, into.size())) return too_far("read");
        std::size_t got = 0;
        while (got < into.size()) {
            const auto n =
                ::pread(fd_.get(), into.data() + got, into.size() - got, static_cast<::off_t>(offset + got));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return os_error(errno, "read " + name());
            if (n == 0) break;
            got += static_cast<std::size_t>(n);
        }
        return got;
    }

    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        if (!fits(offset, bytes.size())) return too_far("write");
        std::size_t put = 0;
        while (put < bytes.size()) {
            const auto n = ::pwrite(fd_.get(), bytes.data() + put, bytes.size() - put,
                                    static_cast<::off_t>(offset + put));
            if (n < 0 && errno == EINTR) continue;
            // Nothing written and no error: no file system of Linux does this, but it must not become a loop.
            if (n <= 0) return write_error(n < 0 ? errno : EIO, "write " + name(), bytes.size() - put);
            put += static_cast<std::size_t>(n);
        }
        start_write_back(offset, bytes.size());
        return done();
    }

    Status truncate(std::uint64_t size_bytes) override {
        if (!fits(size_bytes, 0)) return too_far("truncate");
        while (::ftruncate(fd_.get(), static_cast<::off_t>(size_bytes)) != 0) {
            if (errno != EINTR) return write_error(errno, "truncate " + name(), std::nullopt);
        }
        return done();
    }

    /// A failed fsync is final for this open file. Linux drops the pages that could not be written, marks
    /// them clean and reports the failure once: a second fsync would succeed without the bytes being on disk
    /// (known as "fsyncgate", PostgreSQL 2018). The caller must write a new file.
    Status flush() override {
        if (flush_error_) return lost();
        while (::fsync(fd_.get()) != 0) {
            if (errno == EINTR) continue;
            flush_error_ = errno;
            return lost();
        }
        return done();
    }

    Result<FileInfo> info() const override {
        struct ::stat status {};
        if (::fstat(fd_.get(), &status) != 0) return os_error(errno, "look at " + name());
        return to_info(status);
    }

    Status set_mode(std::uint32_t mode) override {
        if (::fchmod(fd_.get(), static_cast<::mode_t>(mode)) != 0) return os_error(errno, "set mode");
        return done();
    }
    Status copy_properties(const File& from) override {
        const auto* source = dynamic_cast<const LinuxFile*>(&from);
        if (source == nullptr) return Error{ErrorCode::bug, "properties of a file that is not the system's"};
        UPDATE_CHECK(update::copy_properties(source->fd_.get(), fd_.get()),
                     "copy properties of " + source->name() + " to " + name());
        return done();
    }

 private:
    std::string name() const { return "'" + path_.string() + "'"; }

    static bool fits(std::uint64_t offset, std::uint64_t size) {
        constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<::off_t>::max());
        return offset <= max && size <= max - offset;
    }
    Error too_far(const char* verb) const {
        return Error{ErrorCode::unsupported, std::string{verb} + " " + name() + ": offset beyond 2^63"};
    }

    Error write_error(int errno_value, std::string what, std::optional<std::uint64_t> need) const {
        auto error = os_error(errno_value, std::move(what));
        if (error.code() != ErrorCode::no_space) return error;
        Evidence evidence;
        evidence.need_bytes = need;
        struct ::statvfs volume {};
        if (::fstatvfs(fd_.get(), &volume) == 0) evidence.have_bytes = volume.f_bavail * volume.f_frsize;
        return std::move(error).with(evidence);
    }
    Error lost() const {
        return write_error(*flush_error_, "flush " + name() + ": written bytes are lost, write the file anew",
                           std::nullopt);
    }

    /// Only a hint, so its result is ignored: SYNC_FILE_RANGE_WRITE starts writing and neither waits nor
    /// takes the error report away, which stays for fsync. Random writes start it too, at most once per 8
    /// MiB.
    void start_write_back(std::uint64_t offset, std::uint64_t size) {
        if (offset != pending_end_) pending_begin_ = offset;
        pending_end_ = offset + size;
        if (pending_end_ - pending_begin_ < write_back_bytes) return;
        ::sync_file_range(fd_.get(), static_cast<::off64_t>(pending_begin_),
                          static_cast<::off64_t>(pending_end_ - pending_begin_), SYNC_FILE_RANGE_WRITE);
        pending_begin_ = pending_end_;
    }

    Fd fd_;
    Path path_;
    std::optional<int> flush_error_;
    std::uint64_t pending_begin_ = 0, pending_end_ = 0;  ///< the sequential run not yet handed to write-back
};

FileInfo::Kind kind_of(::mode_t mode) {
    if (S_ISREG(mode)) return FileInfo::Kind::file;
    if (S_ISDIR(mode)) return FileInfo::Kind::directory;
    if (S_ISLNK(mode)) return FileInfo::Kind::link;
    return FileInfo::Kind::other;
}

}  // namespace

FileInfo to_info(const struct ::stat& status) {
    FileInfo info;
    info.kind = kind_of(status.st_mode);
    info.size_bytes = static_cast<std::uint64_t>(status.st_size);
    info.mode = status.st_mode & 07777;
    info.owner = status.st_uid;
    info.link_count = status.st_nlink;
    info.id = {status.st_dev, status.st_ino};
    info.changed_ns = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
    return info;
}

std::unique_ptr<File> make_file(Fd fd, const Path& path) {
    return std::make_unique<LinuxFile>(std::move(fd), path);
}

}  // namespace update
