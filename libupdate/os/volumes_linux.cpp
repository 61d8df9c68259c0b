#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "os/fd.hpp"
#include "os/files.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

class LinuxVolumes final : public Volumes {
 public:
    Result<Space> space(const Path& path) override {
        if (!path.is_absolute()) {
            return Error{ErrorCode::refused,
                         "free space of '" + path.string() + "': the path is not absolute"};
        }
        for (auto at = path;; at = at.parent_path()) {
            const Fd fd{::open(at.c_str(), O_PATH | O_CLOEXEC)};
            if (fd) return space_of(fd, at);
            const bool go_up = errno == ENOENT && at.has_relative_path();
            if (!go_up) return os_error(errno, "free space of '" + at.string() + "'");
        }
    }

 private:
    static Result<Space> space_of(const Fd& fd, const Path& path) {
        struct ::stat status {};
        struct ::statvfs volume {};
        if (::fstat(fd.get(), &status) != 0 || ::fstatvfs(fd.get(), &volume) != 0) {
            return os_error(errno, "free space of '" + path.string() + "'");
        }
        // A volume of zero blocks is how file systems without a limit of their own (unlimited tmpfs, some
        // FUSE) answer; taking it for a full disk would refuse every update there.
        if (volume.f_blocks == 0) return Space{status.st_dev, std::numeric_limits<std::uint64_t>::max()};
        return Space{status.st_dev, std::uint64_t{volume.f_bavail} * volume.f_frsize};
    }
};

}  // namespace

std::unique_ptr<Volumes> make_volumes() { return std::make_unique<LinuxVolumes>(); }

}  // namespace update
