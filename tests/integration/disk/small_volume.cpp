#include "small_volume.hpp"

#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace update::test {

namespace fs = std::filesystem;

std::string SmallVolume::why_not() {
    static const std::string why = [] {
        if (::unshare(CLONE_NEWNS) != 0)
            return fmt::format("a mount namespace needs root: {}", std::strerror(errno));
        if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return fmt::format("mounts cannot be made private: {}", std::strerror(errno));
        return std::string{};
    }();
    return why;
}

SmallVolume::SmallVolume(const fs::path& folder, std::uint64_t size_bytes) : folder_{folder} {
    const fs::path aside = folder.string() + ".aside";
    fs::create_directories(folder);
    fs::rename(folder, aside);
    fs::create_directory(folder);
    const std::string options = fmt::format("mode=0700,size={}", size_bytes);
    REQUIRE_MESSAGE(::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) == 0, std::strerror(errno));
    fs::copy(aside, folder, fs::copy_options::recursive);
    fs::remove_all(aside);
}

SmallVolume::~SmallVolume() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallVolume::fill(const fs::path& name) {
    ballast_ = folder_ / name;
    const int fd = ::open(ballast_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::vector<char> block(64 * 1024, 'b');
    for (std::size_t size = block.size(); size > 0;)
        if (::write(fd, block.data(), size) <= 0) size /= 2;
    ::close(fd);
}

void SmallVolume::free() { fs::remove(ballast_); }

}  // namespace update::test
