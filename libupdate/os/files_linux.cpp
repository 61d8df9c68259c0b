#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "os/directory.hpp"
#include "os/file.hpp"
#include "os/files.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

std::string quoted(const Path& path) { return "'" + path.string() + "'"; }

int flags_of(OpenMode mode) {
    switch (mode) {
        case OpenMode::read:
            return O_RDONLY;
        case OpenMode::create_new:
            return O_RDWR | O_CREAT | O_EXCL;
        case OpenMode::read_write:
            return O_RDWR;
        case OpenMode::read_write_new:
            return O_RDWR | O_CREAT;
    }
    return O_RDONLY;
}

bool same_file(const struct ::stat& a, const struct ::stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// EPERM is what file systems without hard links answer, and what `fs.protected_hardlinks` answers for a file
/// that is not ours; EMLINK means that this file has as many names as it can. In each case a copy is the
/// other way.
Error link_error(int errno_value, std::string what) {
    const bool copy_instead = errno_value == EPERM || errno_value == EMLINK;
    if (!copy_instead) return os_error(errno_value, std::move(what));
    return Error{ErrorCode::unsupported, std::move(what), {errno_value, std::generic_category()}};
}

class Directory {
 public:
    explicit Directory(Fd fd) : stream_{::fdopendir(fd.get())} {
        if (stream_ != nullptr) (void)fd.release();
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        if (stream_ != nullptr) ::closedir(stream_);
    }
    ::DIR* get() const { return stream_; }

 private:
    ::DIR* stream_;
};

class LinuxFiles final : public Files {
 public:
    explicit LinuxFiles(FolderWalk walk) : walk_{walk} {}

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        UPDATE_TRY(place, find_place(path, walk_), "open file");
        UPDATE_TRY(fd, open_regular(place, flags_of(mode), path), "open file");
        return make_file(std::move(fd), path);
    }

    Status rename(const Path& from, const Path& to) override {
        const auto what = "rename " + quoted(from) + " to " + quoted(to);
        UPDATE_TRY(source, find_place(from, walk_), what);
        UPDATE_TRY(target, find_place(to, walk_), what);
        UPDATE_CHECK(refuse_link(source, from), what);
        UPDATE_CHECK(refuse_link(target, to), what);
        if (::renameat(source.folder.get(), source.leaf.c_str(), target.folder.get(), target.leaf.c_str()) !=
            0) {
            return os_error(errno, what);
        }
        return done();
    }

    Status link(const Path& existing, const Path& name) override {
        const auto what = "link " + quoted(existing) + " as " + quoted(name);
        UPDATE_TRY(source, find_place(existing, walk_), what);
        UPDATE_TRY(target, find_place(name, walk_), what);
        UPDATE_TRY(before, look_at(source, existing), what);
        if (!S_ISREG(before.st_mode)) return Error{ErrorCode::refused, what + ": not a regular file"};
        if (::linkat(source.folder.get(), source.leaf.c_str(), target.folder.get(), target.leaf.c_str(), 0) !=
            0) {
            return link_error(errno, what);
        }
        UPDATE_TRY(after, look_at(target, name), what);
        if (same_file(before, after)) return done();
        // Somebody exchanged the file between the look and the link: take back what was not meant.
        ::unlinkat(target.folder.get(), target.leaf.c_str(), 0);
        return Error{ErrorCode::refused, what + ": the file was exchanged meanwhile"};
    }

    Status remove(const Path& path) override {
        auto place = find_place(path, walk_);
        if (!place && place.error().code() == ErrorCode::not_found) return done();
        if (!place) return std::move(place).error().in("remove file");
        int result = ::unlinkat(place->folder.get(), place->leaf.c_str(), 0);
        if (result != 0 && errno == EISDIR) {
            result = ::unlinkat(place->folder.get(), place->leaf.c_str(), AT_REMOVEDIR);
        }
        if (result == 0 || errno == ENOENT) return done();
        return os_error(errno, "remove " + quoted(path));
    }

    Status make_private_directory(const Path& path) override {
        const auto what = "make private folder " + quoted(path);
        UPDATE_TRY(place, find_place(path, walk_), what);
        if (::mkdirat(place.folder.get(), place.leaf.c_str(), 0700) != 0 && errno != EEXIST) {
            return os_error(errno, what);
        }
        UPDATE_TRY(status, look_at(place, path), what);
        if (!S_ISDIR(status.st_mode)) {
            return Error{ErrorCode::refused, what + ": something else has this name; remove it"};
        }
        if (status.st_uid != ::geteuid()) {
            return Error{ErrorCode::refused,
                         fmt::format("{}: it belongs to user {}, not to {}; remove it or run: chown {} {}",
                                     what, status.st_uid, ::geteuid(), ::geteuid(), path.string())};
        }
        // The group bits are also the ACL's mask: with none of them set, no named user of an ACL gets in
        // either.
        if ((status.st_mode & 077) != 0) {
            return Error{
                ErrorCode::refused,
                fmt::format(
                    "{}: others may enter it (mode {:04o}); check what lies in it, then run: chmod 700 {}",
                    what, status.st_mode & 07777, path.string())};
        }
        return done();
    }

    Status flush_directory(const Path& path) override {
        UPDATE_TRY(place, find_place(path, walk_), "flush folder");
        UPDATE_TRY(folder, open_folder(place, path), "flush folder");
        while (::fsync(folder.get()) != 0) {
            if (errno != EINTR) return os_error(errno, "flush folder " + quoted(path));
        }
        return done();
    }

    Result<std::vector<std::string>> list(const Path& path) override {
        UPDATE_TRY(place, find_place(path, walk_), "list folder");
        UPDATE_TRY(folder, open_folder(place, path), "list folder");
        Directory directory{std::move(folder)};
        if (directory.get() == nullptr) return os_error(errno, "list folder " + quoted(path));
        std::vector<std::string> names;
        for (;;) {
            errno = 0;
            const auto* entry = ::readdir(directory.get());
            if (entry == nullptr && errno != 0) return os_error(errno, "list folder " + quoted(path));
            if (entry == nullptr) break;
            const std::string name = entry->d_name;
            if (name != "." && name != "..") names.push_back(name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<FileInfo> info(const Path& path) override {
        UPDATE_TRY(place, find_place(path, walk_), "look at file");
        UPDATE_TRY(status, look_at(place, path), "look at file");
        return to_info(status);
    }

 private:
    /// Absent is fine here: the operation itself says what that means.
    static Status refuse_link(const Place& place, const Path& path) {
        auto status = look_at(place, path);
        if (!status || !S_ISLNK(status->st_mode)) return done();
        return os_error(ELOOP, quoted(path) + " is a symbolic link");
    }

    FolderWalk walk_;
};

}  // namespace

std::unique_ptr<Files> make_files(FolderWalk walk) { return std::make_unique<LinuxFiles>(walk); }

}  // namespace update
