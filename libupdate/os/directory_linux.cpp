#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "os/directory.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

constexpr int folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

Result<std::vector<std::string>> components(const Path& path) {
    if (!path.is_absolute()) {
        return Error{ErrorCode::refused, "path '" + path.string() + "' is not absolute"};
    }
    std::vector<std::string> names;
    for (const auto& part : path.relative_path()) {
        if (part == "..") return Error{ErrorCode::refused, "path '" + path.string() + "' contains '..'"};
        if (!part.empty() && part != ".") names.push_back(part.string());
    }
    return names;
}

std::string join(const std::vector<std::string>& names) {
    std::string path = "/";
    for (const auto& name : names) path += name + "/";
    return path;
}

/// ENOTDIR is what Linux says for a symbolic link too when a folder was asked for; tell the operator which it
/// is.
Error folder_error(int errno_value, int parent, const std::string& name, const std::string& shown) {
    struct ::stat status {};
    if (errno_value == ELOOP ||
        (errno_value == ENOTDIR && ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(status.st_mode))) {
        return os_error(ELOOP, "'" + shown + "' is or lies below a symbolic link");
    }
    return os_error(errno_value, "open folder '" + shown + "'");
}

Result<Fd> walk(const std::vector<std::string>& names) {
    Fd folder{::open("/", folder_flags)};
    if (!folder) return os_error(errno, "open folder '/'");
    std::string shown;
    for (const auto& name : names) {
        shown += "/" + name;
        Fd next{::openat(folder.get(), name.c_str(), folder_flags)};
        if (!next) return folder_error(errno, folder.get(), name, shown);
        folder = std::move(next);
    }
    return folder;
}

Result<Fd> open_without_links(const std::vector<std::string>& names, FolderWalk how) {
    if (how == FolderWalk::one_by_one) return walk(names);
    const auto path = join(names);
    ::open_how request{};
    request.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    request.resolve = RESOLVE_NO_SYMLINKS;
    const long fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &request, sizeof request);
    if (fd >= 0) return Fd{static_cast<int>(fd)};
    // ENOSYS: Linux before 5.6. EPERM: container sandboxes that answer so to calls they do not know.
    if (errno == ENOSYS || errno == EPERM) return walk(names);
    return folder_error(errno, AT_FDCWD, path, path);
}

}  // namespace

Result<Place> find_place(const Path& path, FolderWalk how) {
    UPDATE_TRY(names, components(path), "find file");
    std::string leaf = ".";
    if (!names.empty()) {
        leaf = names.back();
        names.pop_back();
    }
    UPDATE_TRY(folder, open_without_links(names, how), "find '" + path.string() + "'");
    return Place{std::move(folder), std::move(leaf)};
}

Result<struct ::stat> look_at(const Place& place, const Path& shown) {
    struct ::stat status {};
    if (::fstatat(place.folder.get(), place.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return os_error(errno, "look at '" + shown.string() + "'");
    }
    return status;
}

Result<Fd> open_folder(const Place& place, const Path& shown) {
    Fd folder{
        ::openat(place.folder.get(), place.leaf.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder) return folder_error(errno, place.folder.get(), place.leaf, shown.string());
    return folder;
}

Result<Fd> open_regular(const Place& place, int flags, const Path& shown) {
    // O_NONBLOCK: opening a pipe that somebody planted must not wait for its other end.
    Fd file{::openat(place.folder.get(), place.leaf.c_str(),
                     flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600)};
    if (!file && errno == ELOOP) return os_error(ELOOP, "'" + shown.string() + "' is a symbolic link");
    if (!file) return os_error(errno, "open '" + shown.string() + "'");
    struct ::stat status {};
    if (::fstat(file.get(), &status) != 0) return os_error(errno, "look at '" + shown.string() + "'");
    if (!S_ISREG(status.st_mode))
        return Error{ErrorCode::refused, "'" + shown.string() + "' is not a regular file"};
    return file;
}

}  // namespace update
